import { invalidArgument } from "../../errors.ts";
import { quote } from "../quote.ts";
import { imageConfigDecoder } from "./engine-config-members.ts";
import { boundFindings, deviation, EVERY_DOCKER, type ImageFinding, obstacle } from "./finding.ts";
import { type DecodingState, formatNote } from "./go-json.ts";
import type { ExecutionConfig, ImageConfig } from "./image-config-type.ts";
import { type DocumentKind, formatPath, readJsonDocument } from "./json-document.ts";

/** An image configuration as engines read it. */
export interface EngineConfig {
  readonly config: ImageConfig;
  /** False if the configuration omits its operating system or architecture. */
  readonly statesPlatform: boolean;
  readonly findings: readonly ImageFinding[];
}

type Decoded = NonNullable<ReturnType<typeof imageConfigDecoder.decode>>;

const KIND: DocumentKind = { what: "image configuration", reason: "IMAGE_CONFIG_INVALID" };
const DIFF_ID = /^sha256:[0-9a-f]{64}$/;
const PORT = /^(\d{1,5})(?:\/(?:tcp|udp|sctp))?$/;
const LARGEST_PORT = 65_535;
const BUILD_AGAIN = "Build and push the image again with a current builder.";

/**
 * Reads an image configuration the way engines do: what Docker and containerd accept is accepted, and each departure
 * from the specification becomes a finding. `parseImageConfig` judges by the specification instead; of a document
 * that it accepts, both return the same configuration.
 *
 * @throws SlipwayError `IMAGE_CONFIG_INVALID` for a document that no engine can decode
 */
export function readImageConfig(bytes: string | Uint8Array): EngineConfig {
  const { text, isUtf8 } = readJsonDocument(bytes, KIND);
  const state: DecodingState = { text, at: 0, notes: [] };
  const decoded = imageConfigDecoder.decode(state, [], undefined) ?? {};
  const fault = state.notes.find(({ kind }) => kind === "type");
  if (fault !== undefined) throw invalid(formatNote(fault));
  const { rootfs, config, ...rest } = decoded;
  const { execution, findings } = readExecution(config ?? {});
  return {
    config: {
      ...rest,
      architecture: decoded.architecture ?? "",
      os: decoded.os ?? "",
      ...(config === undefined ? {} : { config: config === null ? null : execution }),
      rootfs: { type: "layers", diff_ids: diffIdsOf(rootfs) },
    },
    statesPlatform: isPresent(decoded.architecture) && isPresent(decoded.os),
    findings: boundFindings([
      ...(isUtf8 ? [] : [deviates("is not UTF-8; engines replace the bytes that are not")]),
      ...noteFindings(state),
      ...topFindings(decoded),
      ...findings,
      ...commandFindings(execution),
    ]),
  };
}

function isPresent(text: string | undefined): boolean {
  return text !== undefined && text !== "";
}

function diffIdsOf(rootfs: Decoded["rootfs"]): readonly string[] {
  // Engines say "invalid rootfs in image configuration".
  if (rootfs === undefined || rootfs === null) throw invalid("rootfs: is missing");
  const diffIds = rootfs.diff_ids ?? [];
  const bad = diffIds.findIndex((diffId) => !DIFF_ID.test(diffId));
  if (bad !== -1) throw invalid(`rootfs.diff_ids[${bad}]: not a SHA-256 digest`);
  return diffIds;
}

function noteFindings({ notes }: DecodingState): readonly ImageFinding[] {
  return notes.flatMap((note) => {
    // The specification's own list writes `user`, and its example `User`.
    if (formatPath(note.path) === "config.User" && note.message === 'is spelled "user"') return [];
    return [deviates(formatNote(note), note.refusedBy)];
  });
}

function topFindings({ architecture, os, rootfs, history }: Decoded): readonly ImageFinding[] {
  const findings: ImageFinding[] = [];
  for (const [name, value] of Object.entries({ architecture, os }))
    if (!isPresent(value)) findings.push(deviation("config", `${KIND.what}: ${name}: is missing`));
  if (rootfs?.type !== "layers")
    findings.push(
      deviates(`rootfs.type: ${quote(rootfs?.type ?? "")}, not "layers"; engines ignore it`),
    );
  // Builders without history support write an empty list.
  const layers = rootfs?.diff_ids?.length ?? 0;
  const filled = (history ?? []).filter((entry) => entry.empty_layer !== true).length;
  if ((history ?? []).length > 0 && filled !== layers)
    findings.push(
      deviates(
        `history: has ${filled} entries with a layer, but the image has ${layers} layers`,
        filled > layers ? ["docker-graph-driver"] : [],
      ),
    );
  return findings;
}

/** Checks the members that become a container, and drops values that no engine applies. */
function readExecution(config: NonNullable<Decoded["config"]>): {
  readonly execution: ExecutionConfig;
  readonly findings: readonly ImageFinding[];
} {
  const findings: ImageFinding[] = [];
  const { Memory, MemorySwap, CpuShares, Healthcheck, ...rest } = config;
  const limits = withoutNegatives({ Memory, MemorySwap, CpuShares }, "config", findings);
  const health =
    Healthcheck == null
      ? Healthcheck
      : withoutNegatives(Healthcheck, "config.Healthcheck", findings);
  for (const port of Object.keys(config.ExposedPorts ?? {}))
    if (!isPort(port))
      findings.push(
        deviates(
          `${formatPath(["config", "ExposedPorts", port])}: not PORT, PORT/tcp, PORT/udp or PORT/sctp; exposed ports only document`,
          isPodmanPort(port) ? [] : ["podman"],
        ),
      );
  if (config.User !== undefined && !isUser(config.User))
    findings.push(
      deviates(
        `config.User: ${quote(config.User)} is not user, uid, user:group, uid:gid, uid:group or user:gid`,
        config.User.split(":").length > 2 ? ["podman"] : [],
      ),
    );
  findings.push(...environmentFindings(config.Env ?? []));
  findings.push(...pathFindings(config));
  return {
    execution: { ...rest, ...limits, ...(health === undefined ? {} : { Healthcheck: health }) },
    findings,
  };
}

/** Drops numbers that are too small to mean anything, and reports them. */
function withoutNegatives<Members extends object>(
  members: Members,
  path: string,
  findings: ImageFinding[],
): Partial<Members> {
  const kept: Partial<Members> = { ...members };
  for (const [name, value] of Object.entries(members)) {
    // -1 disables swap.
    const least = name === "MemorySwap" ? -1 : 0;
    const isNegative = typeof value === "number" && value < least;
    if (isNegative)
      findings.push(deviates(`${path}.${name}: ${value} is less than ${least}; it is ignored`));
    if (isNegative || value === undefined) Reflect.deleteProperty(kept, name);
  }
  return kept;
}

function environmentFindings(environment: readonly string[]): readonly ImageFinding[] {
  return environment.flatMap((entry, index) => {
    const where = `config.Env[${index}]`;
    if (!entry.includes("="))
      return [
        deviates(
          `${where}: ${quote(entry)} is not NAME=value; engines drop it`,
          entry === "" ? ["podman"] : [],
        ),
      ];
    // runc: "environment variable name can't be empty", "environment variable value can't contain null".
    if (entry.startsWith("="))
      return [prevents(`${where}: ${quote(entry)} has no name, and the container would not start`)];
    if (entry.includes("\0"))
      return [prevents(`${where}: has a NUL character, and the container would not start`)];
    return [];
  });
}

function pathFindings({ WorkingDir, Volumes }: ExecutionConfig): readonly ImageFinding[] {
  const findings: ImageFinding[] = [];
  // runc: "Cwd must be an absolute path".
  if (WorkingDir !== undefined && WorkingDir !== "" && !WorkingDir.startsWith("/"))
    findings.push(
      prevents(
        `config.WorkingDir: ${quote(WorkingDir)} is not an absolute path, and the container would not start`,
      ),
    );
  for (const path of Object.keys(Volumes ?? {}))
    if (path === "/")
      findings.push(
        prevents(
          `${formatPath(["config", "Volumes", path])}: covers the container's whole file system, and the container would not start`,
        ),
      );
    else if (path === "")
      findings.push(
        deviates(
          `${formatPath(["config", "Volumes", path])}: covers the container's whole file system`,
          EVERY_DOCKER,
        ),
      );
  return findings;
}

function commandFindings({ Entrypoint, Cmd }: ExecutionConfig): readonly ImageFinding[] {
  // The engine reads an entrypoint of one empty string as none.
  const entrypoint = Entrypoint?.length === 1 && Entrypoint[0] === "" ? [] : (Entrypoint ?? []);
  const [program] = [...entrypoint, ...(Cmd ?? [])];
  if (program !== undefined && program !== "") return [];
  const remedy = "Build the image with an ENTRYPOINT or a CMD, or set the workspace's command.";
  const why =
    program === undefined
      ? "the image has no command: its configuration has neither Entrypoint nor Cmd"
      : "the image's command is an empty string";
  return [obstacle("command", why, { reason: "NO_COMMAND", remedy })];
}

function isPort(text: string): boolean {
  const number = Number(PORT.exec(text)?.[1] ?? 0);
  return number >= 1 && number <= LARGEST_PORT;
}

/** Podman reads the ports to which an image is exposed, also ranges of them. */
function isPodmanPort(text: string): boolean {
  const [, first = "", last = first] =
    /^(\d+)(?:-(\d+))?(?:\/(?:tcp|udp|sctp))?$/i.exec(text) ?? [];
  return [first, last].every((one) => Number(one) >= 1 && Number(one) <= LARGEST_PORT);
}

function isUser(text: string): boolean {
  const parts = text.split(":");
  return (
    /^\P{Cc}*$/u.test(text) &&
    (text === "" || (parts.length <= 2 && parts.every((part) => part !== "")))
  );
}

function deviates(what: string, refusedBy?: ImageFinding["refusedBy"]): ImageFinding {
  return deviation("config", `${KIND.what}: ${what}`, refusedBy);
}

function prevents(what: string): ImageFinding {
  return obstacle("config", `${KIND.what}: ${what}`, {
    reason: "IMAGE_CONFIG_INVALID",
    remedy: BUILD_AGAIN,
  });
}

function invalid(what: string) {
  return invalidArgument(KIND.reason, `${KIND.what}: ${what}`);
}
