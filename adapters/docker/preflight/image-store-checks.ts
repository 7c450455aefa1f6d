import { z } from "zod";
import type { EngineKind } from "../../../src/oci/image/finding.ts";
import type { JsonObject } from "../../../src/errors.ts";
import { OCI_MANIFEST } from "../../../src/oci/image/media-types.ts";
import type { Check } from "../../../src/plan/plan.ts";
import { failed, passed, warning } from "../../../src/substrate/check.ts";
import { type EngineFacts, isPodman } from "../client/engine-facts.ts";
import type { ContainerSettings } from "../settings.ts";

/** The image's departures that some engines refuse, from `inspectImage`'s facts. */
const refusalsOf = z
  .array(z.object({ message: z.string(), refused_by: z.array(z.string()) }))
  .default([]);

const CONTAINERD_STORE = "io.containerd.snapshotter.v1";
/** The first release that decompresses zstd. */
const ZSTD_MAJOR = 23;

/** Checks that this engine's image store accepts what the image does against its specification. */
export function imageStoreChecks(facts: EngineFacts, image: JsonObject): readonly Check[] {
  const name = "image.store";
  const refusals = refusalsOf.parse(image["refusals"]);
  if (refusals.length === 0) return [];
  const kinds = engineKinds(facts);
  const refused = refusals.filter(({ refused_by }) =>
    kinds.some((kind) => refused_by.includes(kind)),
  );
  if (refused.length === 0) return [passed(name, "the engine is not known to refuse the image")];
  return refused.map(({ message }) =>
    failed(name, {
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_UNSUPPORTED",
      message: `${engineName(facts, kinds)} refuses the image: ${message}`,
      remedy:
        "Build and push the image again with a current builder, or use an engine that accepts it.",
      blastRadius: "zone",
    }),
  );
}

/** Checks what Podman alone ignores or refuses. */
export function podmanChecks(
  facts: EngineFacts,
  image: JsonObject,
  { healthcheck, stopSignal }: Pick<ContainerSettings, "healthcheck" | "stopSignal">,
): readonly Check[] {
  if (!isPodman(facts)) return [];
  const checks: Check[] = [];
  // The OCI format has no health check; Docker's engine reads the member of its own format all the same.
  // https://github.com/podman-container-tools/podman/issues/18904
  if (healthcheck !== null && image["manifest_type"] === OCI_MANIFEST)
    checks.push(
      warning("image.store", {
        message: "Podman does not run the health check of this image, which is in the OCI format",
        remedy: "Push the image in Docker's format if its health check is needed.",
      }),
    );
  // Docker's engine sends SIGTERM instead.
  if (stopSignal !== null && !isSignal(stopSignal))
    checks.push(
      failed("image.store", {
        code: "FAILED_PRECONDITION",
        reason: "IMAGE_UNSUPPORTED",
        message: `Podman ${facts.version.Version} refuses the stop signal ${JSON.stringify(stopSignal)}`,
        remedy: "Set the image's StopSignal to a signal of Linux, such as SIGTERM.",
        blastRadius: "zone",
      }),
    );
  return checks;
}

const SIGNALS: ReadonlySet<string> = new Set(
  (
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP " +
    "TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ"
  ).split(" "),
);
const LARGEST_SIGNAL = 64;

/** A signal's number, or its name with or without `SIG`; empty means the default. */
function isSignal(text: string): boolean {
  if (text === "") return true;
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= LARGEST_SIGNAL;
  const name = text.toUpperCase().replace(/^SIG/, "");
  return SIGNALS.has(name) || /^RT(?:MIN(?:\+(?:\d|1[0-5]))?|MAX(?:-(?:\d|1[0-4]))?)$/.test(name);
}

/** The kinds that the engine belongs to; none if it does not describe its store. */
function engineKinds(facts: EngineFacts): readonly EngineKind[] {
  const { info, version } = facts;
  if (isPodman(facts)) return ["podman"];
  if (info.Driver === "") return [];
  const usesContainerd = (info.DriverStatus ?? []).some((pair) => pair.includes(CONTAINERD_STORE));
  const [major = 0] = version.Version.split(".").map(Number);
  return [
    usesContainerd ? "docker-containerd" : "docker-graph-driver",
    ...(major > 0 && major < ZSTD_MAJOR ? (["docker-before-23"] as const) : []),
  ];
}

function engineName({ version }: EngineFacts, kinds: readonly EngineKind[]): string {
  if (kinds.includes("podman")) return `Podman ${version.Version}`;
  const store = kinds.includes("docker-containerd") ? "containerd" : "graph-driver";
  return `Docker ${version.Version} (${store} image store)`;
}
