/**
 * Reads the sentence with which an engine refuses a call. Engines report a chain of Go errors, `outer: inner: cause`:
 * Docker and containerd wrap the message of the OCI runtime, which wraps the message of the process that it started.
 * The position in this chain says who refused, and the cause begins where the known steps end. Nothing is searched for
 * inside the sentence, which also repeats names and paths that users chose.
 */

/**
 * The part of the engine that refused: the engine itself, its network, containerd's shim (which runs no container yet),
 * the OCI runtime, or the process that the runtime prepares in the container.
 */
export type EngineStage = "engine" | "network" | "shim" | "runtime" | "process";

export interface EngineMessage {
  readonly stage: EngineStage;
  /** The message without the steps around the cause. */
  readonly cause: string;
  /** The parts of the cause, from the outside in. Text in double quotes stays together, and is empty. */
  readonly links: readonly string[];
}

interface Step {
  readonly prefix: RegExp;
  readonly stage: EngineStage;
}

/**
 * runc before 1.0.0-rc93 (Docker before 20.10.4) quotes what caused a step, and quotes the quotes in it:
 * `starting container process caused "exec: \"app\": executable file not found in $PATH"`.
 *
 * Source: https://github.com/opencontainers/runc/pull/2697
 */
const QUOTED_CAUSE =
  /^((?:starting container process|running exec setns process for init|container init|mounting "(?:[^"\\]|\\.)*" to rootfs "(?:[^"\\]|\\.)*" at "(?:[^"\\]|\\.)*") caused) "((?:[^"\\]|\\.)*)"$/;

/** Steps of Docker 17.03 to 29 with runc 1.0 to 1.5 or crun, and of Podman 4 to 6. */
const STEPS: readonly Step[] = [
  { stage: "engine", prefix: /^(?:container create|fill out specgen|make cli opts\(\)): / },
  { stage: "network", prefix: /^failed to set up container networking: / },
  {
    stage: "network",
    prefix: /^driver failed programming external connectivity on endpoint \S+ \([^)]*\): /,
  },
  { stage: "network", prefix: /^(?:plugin type="[^"]*" failed \(add\)|netavark|IPAM error): / },
  { stage: "runtime", prefix: /^failed to create (?:task for container|shim(?: task)?): / },
  // The name of a gRPC status, which newer clients of containerd add: https://github.com/docker/for-linux/issues/1535
  {
    stage: "runtime",
    prefix:
      /^(?:Unimplemented|Unknown|Internal|Unavailable|NotFound|FailedPrecondition|AlreadyExists|PermissionDenied|DeadlineExceeded): /,
  },
  { stage: "shim", prefix: /^failed to start shim: / },
  { stage: "runtime", prefix: /^(?:OCI runtime (?:create|start) failed|oci runtime error): / },
  { stage: "shim", prefix: /^unable to retrieve OCI runtime error \([^)]*\): / },
  { stage: "runtime", prefix: /^(?:\/[^\s:]+\/)?(?:runc|crun|youki|runsc|krun|kata-runtime): / },
  { stage: "runtime", prefix: /^(?:runc|crun) (?:create|run|start) failed: / },
  { stage: "process", prefix: /^unable to start container process: / },
  { stage: "process", prefix: /^(?:error during container init|runc init error\(s\)): / },
  {
    stage: "process",
    prefix:
      /^(?:starting container process|running exec setns process for init|container init) caused: /,
  },
  { stage: "runtime", prefix: /^(?:container|process|rootfs|init|standard_init)_linux\.go:\d+: / },
];

/** Tails that containerd, Docker and Podman add to the runtime's message. */
const TAILS: readonly RegExp[] = [
  /: Are you trying to mount a directory onto a file \(or vice-versa\)\? Check if the specified host path exists and is the expected type$/,
  /: unknown(?:: permission denied)?$/,
  /: OCI (?:runtime error|permission denied|runtime attempted to invoke a command that was not found)$/,
];

export function readEngineMessage(words: string): EngineMessage {
  let cause = TAILS.reduce((rest, tail) => rest.replace(tail, ""), words);
  let stage: EngineStage = "engine";
  for (;;) {
    cause = cause.replace(QUOTED_CAUSE, (_all, step: string, quoted: string) => {
      return `${step}: ${quoted.replaceAll(/\\(["\\])/g, "$1")}`;
    });
    const step = STEPS.find(({ prefix }) => prefix.test(cause));
    if (step === undefined) return { stage, cause, links: linksOf(cause) };
    cause = cause.replace(step.prefix, "");
    stage = deeper(stage, step.stage);
  }
}

/** Steps without a stage of their own, and those of a shim that never ran, do not move the message outward. */
function deeper(current: EngineStage, next: EngineStage): EngineStage {
  if (current === "shim" || next === "engine") return current;
  return current === "process" ? "process" : next;
}

/** The parts of a message between colons. Quoted text may contain any character, and counts as empty. */
function linksOf(words: string): readonly string[] {
  return words.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""').split(": ");
}
