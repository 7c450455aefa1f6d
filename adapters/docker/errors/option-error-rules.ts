import type { EngineRule, EngineVerdict } from "./error-rules.ts";
import { hostFault } from "./error-rules.ts";

/**
 * Refusals of the options that the placement, the environment and the workspace set. Recorded from Docker 20.10 and
 * Podman 4.3; later words of Docker are those of moby's source (daemon, daemon/logger, volume).
 */

const CREATE = ["create"] as const;
const START = ["start"] as const;
const LAUNCH = ["create", "start"] as const;

/** The engine's host lacks something that the placement or the environment names. */
function absent(remedy: string): EngineVerdict {
  return {
    code: "FAILED_PRECONDITION",
    reason: "HOST_RESOURCE_NOT_FOUND",
    remedy,
    blastRadius: "zone",
  };
}

function refused(remedy: string): EngineVerdict {
  return { code: "FAILED_PRECONDITION", reason: "RESOURCE_VALUE_REFUSED", remedy };
}

export const OPTION_RULES: readonly EngineRule[] = [
  {
    operations: CREATE,
    cause: /^invalid mount config for type "bind": bind source path does not exist: /,
    verdict: absent(
      "Create the path on the engine's host (not on this machine), or correct volumes in the placement.",
    ),
  },
  {
    operations: LAUNCH,
    cause: /^create [^\s:]+: error looking up volume plugin /,
    verdict: absent(
      "Install and enable the volume plugin on the engine, or correct volume_driver in the placement.",
    ),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:error looking up logging plugin |logger: no log driver named |running container create option: invalid log driver: )/,
    verdict: absent(
      "Install and enable the logging plugin on the engine, or name another driver in the placement's logging.",
    ),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:unknown or invalid runtime name: |Unknown runtime specified |(?:default )?OCI runtime ".*" not found|invalid runtime name )/,
    verdict: absent(
      "Name a runtime that the engine has in the placement, or correct the engine's default runtime in its daemon.json.",
    ),
  },
  {
    operations: LAUNCH,
    cause: /^(?:error gathering device information |stat \/dev\/\S+: no such file or directory$)/,
    verdict: absent("Correct devices in the placement: they are those of the engine's host."),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:could not select device driver |failed to discover GPU vendor |CDI device injection failed: |failed to inject CDI devices: )/,
    verdict: absent(
      "Install the driver and its container toolkit on the engine's host (for nvidia, the NVIDIA container toolkit), or correct gpus in the environment and devices in the placement.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause:
      /^(?:exec: "docker-init": executable file not found in \$PATH$|container-init binary not found on the host: )/,
    verdict: absent(
      "Install the engine's init program on its host (docker-init, or catatonit for Podman), or remove init from the environment.",
    ),
  },
  {
    operations: CREATE,
    cause: /^(?:bad format for add-host: |invalid IP address in add-host: )/,
    verdict: refused("Correct extra_hosts in the placement."),
  },
  {
    operations: CREATE,
    cause:
      /^(?:invalid mount config for type "|invalid mount path: |Duplicate mount point: |invalid (?:volume )?specification: |\/\S*: duplicate mount destination$|create [^\s:]+: conflict: volume name must be unique)/,
    verdict: refused("Correct volumes in the placement, or tmpfs in the environment."),
  },
  {
    operations: LAUNCH,
    cause: /^(?:invalid tmpfs option \[|unknown mount option "|Invalid tmpfs )/,
    verdict: refused("Correct the options of tmpfs in the environment."),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:unknown log opt '|invalid size: '|failed to initialize logging driver: (?:invalid |unknown |strconv\.))/,
    verdict: refused("Correct the options of the placement's logging."),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:invalid Cap(?:Add|Drop): |"CAP_[^"]*": unknown capability$|unknown capability: |invalid --security-opt \d+: |Decoding seccomp profile failed: |opening seccomp profile failed: |seccomp is not enabled |apparmor profile ".*" specified, but )/,
    verdict: refused("Correct cap_add, cap_drop and security_opt in the environment."),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:SHM size |wrong rlimit value: |ulimit option "|invalid ulimit type: |cannot set both Count and DeviceIDs )/i,
    verdict: refused("Correct shm_size, ulimits and gpus in the environment."),
  },
  {
    operations: START,
    cause: /^(?:unable to apply caps|can't apply capabilities|unable to set capabilities): /,
    verdict: hostFault(
      "Remove privileged from the placement and cap_add from the environment, or run the engine on a host that may give containers these capabilities.",
    ),
  },
];
