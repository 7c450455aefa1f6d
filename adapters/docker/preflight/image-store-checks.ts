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
      message: `Docker ${facts.version.Version} (${storeName(kinds)}) refuses the image: ${message}`,
      remedy:
        "Build and push the image again with a current builder, or use an engine that accepts it.",
      blastRadius: "zone",
    }),
  );
}

/**
 * Podman runs health checks of images in Docker's format alone: the OCI format has no such member, which Docker's engine
 * reads all the same. https://github.com/podman-container-tools/podman/issues/18904
 */
export function healthCheckChecks(
  facts: EngineFacts,
  image: JsonObject,
  { healthcheck }: Pick<ContainerSettings, "healthcheck">,
): readonly Check[] {
  if (!isPodman(facts) || healthcheck === null || image["manifest_type"] !== OCI_MANIFEST)
    return [];
  return [
    warning("image.store", {
      message: "Podman does not run the health check of this image, which is in the OCI format",
      remedy: "Push the image in Docker's format if its health check is needed.",
    }),
  ];
}

/** The kinds that the engine belongs to; none if it does not describe its store, or is not Docker. */
function engineKinds(facts: EngineFacts): readonly EngineKind[] {
  const { info, version } = facts;
  if (isPodman(facts) || info.Driver === "") return [];
  const usesContainerd = (info.DriverStatus ?? []).some((pair) => pair.includes(CONTAINERD_STORE));
  const [major = 0] = version.Version.split(".").map(Number);
  return [
    usesContainerd ? "docker-containerd" : "docker-graph-driver",
    ...(major > 0 && major < ZSTD_MAJOR ? (["docker-before-23"] as const) : []),
  ];
}

function storeName(kinds: readonly EngineKind[]): string {
  return kinds.includes("docker-containerd")
    ? "containerd image store"
    : "graph-driver image store";
}
