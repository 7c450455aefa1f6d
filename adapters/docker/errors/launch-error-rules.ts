import { DISK_FULL, hostFault } from "./error-rules.ts";
import type { EngineRule, EngineVerdict } from "./error-rules.ts";

/**
 * Refusals of a create or start that the image, the placement or the requested limits cause. Everything else that
 * the OCI runtime reports comes from the engine's host (`host-error-rules.ts`). Recorded from Docker 20.10 and 29 and
 * Podman 4.3 with runc; crun's messages are those of its source (src/libcrun/container.c, linux.c).
 */

const CREATE = ["create"] as const;
const START = ["start"] as const;
const LAUNCH = ["create", "start"] as const;
/** Where an image's own files and settings take effect. */
const IN_CONTAINER = ["runtime", "process"] as const;

const WRONG_PLATFORM: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "PLATFORM_UNSUPPORTED",
  remedy:
    "Use an image and an architecture that the engine runs, or install qemu's binfmt handlers on its host.",
  blastRadius: "image",
};

const COMMAND_FAILED: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "MACHINE_NOT_STARTED",
  remedy:
    "Correct the entrypoint, command and user of the workspace, or those and the working directory of the image.",
  blastRadius: "image",
};

const NO_COMMAND: EngineVerdict = {
  ...COMMAND_FAILED,
  reason: "NO_COMMAND",
  remedy: "Give the workspace a command, or the image an entrypoint or a command.",
};

const CONFIGURATION_REFUSED: EngineVerdict = {
  ...COMMAND_FAILED,
  remedy:
    "Correct the image's configuration (exposed ports, volumes, health check), and push it again.",
};

const ROOT_FILES: EngineVerdict = {
  ...COMMAND_FAILED,
  remedy:
    "Make the path that the engine mounts over a directory, or an ordinary file, of the image, and push it again.",
};

const VALUE_REFUSED: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "RESOURCE_VALUE_REFUSED",
  remedy: "Change the value in the environment or in the image's configuration.",
};

const NETWORK_ABSENT: EngineVerdict = {
  code: "FAILED_PRECONDITION",
  reason: "NETWORK_NOT_FOUND",
  remedy: "Create the network on the engine, or name another one in the placement.",
  blastRadius: "zone",
};

const PORT_TAKEN: EngineVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "PORT_UNAVAILABLE",
  remedy: "Set the placement's publish_address to an address of the engine's host with free ports.",
  blastRadius: "zone",
  retry: "next-candidate",
};

const ENGINE_FULL: EngineVerdict = {
  code: "RESOURCE_EXHAUSTED",
  reason: "ENGINE_ERROR",
  remedy: "Terminate machines on this engine, or use another one.",
  blastRadius: "zone",
  retry: "next-candidate",
};

const IMAGE_RULES: readonly EngineRule[] = [
  {
    operations: LAUNCH,
    cause:
      /^image with reference \S+ was found but (?:does not (?:match|provide)|its platform \(\S+\) does not match) (?:the specified|any platform)|^image operating system "[^"]*" cannot be used on this platform: /,
    verdict: WRONG_PLATFORM,
  },
  {
    operations: LAUNCH,
    stages: IN_CONTAINER,
    cause: /^(?:exec (?:\S+|user process caused)|exec container process .*`[^`]*`): /,
    lastLink: /^exec format error$/i,
    verdict: WRONG_PLATFORM,
  },
  {
    operations: START,
    stages: ["process"],
    cause: /^exec: "(?:[^"\\]|\\.)*": exec format error$/,
    verdict: WRONG_PLATFORM,
  },
  {
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^exec (?:\S+|user process caused|container process .*`[^`]*`): argument list too long$/i,
    verdict: {
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      remedy: "Mount large secrets as files: a variable holds at most 128 KiB.",
    },
  },
  {
    // Only the process that the runtime prepares looks for the image's command. Before it, `exec:` is about runc or a shim.
    operations: START,
    stages: ["process"],
    cause:
      /^exec: "(?:[^"\\]|\\.)*": (?:stat .+: )?(?:executable file not found in \$PATH|no such file or directory|permission denied|is a directory|not a directory|too many levels of symbolic links|invalid argument)$/,
    verdict: COMMAND_FAILED,
  },
  {
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:exec (?:\/\S*|user process caused): (?:no such file or directory|permission denied|is a directory|not a directory)|chdir to cwd \("(?:[^"\\]|\\.)*"\) set in config\.json failed: .+|unable to set working directory: .+|mkdir \/\S*: (?:file exists|not a directory)|Cwd must be an absolute path)$/,
    verdict: COMMAND_FAILED,
  },
  {
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:executable file `[^`]*` not found(?: in \$PATH)?(?:: No such file or directory)?|open executable: .+|exec container process(?: \(missing dynamic library\?\))? `[^`]*`: .+|chdir to `[^`]*`: (?:No such file or directory|Not a directory|Permission denied))$/,
    verdict: COMMAND_FAILED,
  },
  {
    // gVisor
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:starting container: )?(?:starting root container: )?urpc method "[^"]*" failed: (?:error finding executable|failed to load) /,
    verdict: COMMAND_FAILED,
  },
  { operations: START, cause: /^args must not be empty$/, verdict: NO_COMMAND },
  {
    operations: LAUNCH,
    cause:
      /^(?:linux spec user: )?(?:unable to find (?:user|group) .+: no matching entries in (?:passwd|group) file|uids and gids must be in range 0-\d+)$/,
    verdict: COMMAND_FAILED,
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause:
      /^(?:Cannot mkdir: .+ is not a directory|creating container \S+ workdir: mkdir .+: not a directory|workdir "(?:[^"\\]|\\.)*" does not exist on container \S+|the working directory '.*' is invalid, it needs to be an absolute path)$/,
    verdict: COMMAND_FAILED,
  },
  {
    // Docker makes the working directory of an image without one, inside the new root file system.
    operations: CREATE,
    stages: ["engine"],
    cause: /^(?:lstat|mkdir|stat) .+: not a directory$/,
    verdict: COMMAND_FAILED,
  },
  {
    // A symbolic link or an ordinary file in the image where the engine mounts /proc, /sys or /etc/hosts.
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:error )?mounting "(?:[^"\\]|\\.)*" to rootfs(?: "(?:[^"\\]|\\.)*")?(?: at "(?:[^"\\]|\\.)*")?(?: caused)?: (?:.+: )?(?:filesystem "[^"]*" must be mounted on ordinary directory|mountpoint "[^"]*" is outside of rootfs "[^"]*"|not a directory|is a directory|file exists|too many levels of symbolic links)$/,
    verdict: ROOT_FILES,
  },
  {
    operations: START,
    stages: ["engine"],
    cause: /^creating \/etc\/\S+ symlink: (?:not a directory|is a directory)$/,
    verdict: ROOT_FILES,
  },
  {
    operations: CREATE,
    cause:
      /^(?:no command specified|no command or entrypoint provided, and no CMD or ENTRYPOINT from image)$/i,
    verdict: NO_COMMAND,
  },
  {
    operations: CREATE,
    cause:
      /^(?:\w+ in Healthcheck cannot be .+|invalid port specification: .+|invalid JSON: invalid port .+|invalid range format for --expose: .+|invalid container path ".*", must be an absolute path|invalid volume specification: .+)$/,
    verdict: CONFIGURATION_REFUSED,
  },
];

const REQUEST_RULES: readonly EngineRule[] = [
  {
    operations: LAUNCH,
    cause: /^NanoCPUs can not be set, as your kernel does not support CPU CFS scheduler/i,
    verdict: hostFault(
      "Enable the cpu cgroup on the engine's host, or leave the processors out of the environment.",
    ),
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:Minimum memory|You should always set (?:the|a) Memory limit when|Range of CPUs is from |CPU cfs |Conflicting options: Nano CPUs |Invalid value: .+, valid memory swappiness|invalid CPU shares |shares: invalid argument$)/i,
    verdict: VALUE_REFUSED,
  },
  {
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:error )?setting cgroup config for procHooks process(?: caused)?: (?:the (?:minimum|maximum) allowed cpu-shares is \d+|unable to set memory limit to .+|(?:failed to write .+: )?write .+: (?:invalid argument|device or resource busy))$/,
    verdict: VALUE_REFUSED,
  },
  {
    operations: START,
    stages: IN_CONTAINER,
    cause:
      /^(?:write to `(?:[^`]*\/)?(?:cpu|memory|pids)\.[^`]*`: (?:Invalid argument|Device or resource busy)|container init was OOM-killed \(memory limit too low\?\).*)$/,
    verdict: {
      ...VALUE_REFUSED,
      remedy:
        "Raise the memory of the environment's machine type, or change the value that the message names.",
    },
  },
  {
    operations: LAUNCH,
    cause:
      /^(?:network \S+ not found|(?:Could not attach to network \S+: .*)?network \S+ not manually attachable|unable to find network with name or ID \S+: network not found)$/,
    verdict: NETWORK_ABSENT,
  },
  {
    // The placement's network is `container:NAME`, or a name that the engine has twice.
    operations: LAUNCH,
    cause:
      /^(?:cannot join network(?: namespace)? of (?:a non running )?container: |joining network namespace of container: |network \S+ is ambiguous )/,
    verdict: {
      ...NETWORK_ABSENT,
      remedy:
        "Start the container whose network the placement names, or name another network in the placement.",
    },
  },
  {
    operations: START,
    stages: ["network", "engine"],
    cause:
      /^(?:Bind for \S+ failed: port is already allocated|Error starting userland proxy: listen \S+ \S+: bind: .+|failed to bind host port (?:for )?\S+: .+|failed to listen on \S+ socket.*: .+|cannot listen on the \S+ port: listen \S+ \S+: bind: .+|(?:Error starting userland proxy: )?(?:error while calling (?:PortManager\.AddPort|RootlessKit PortManager\.AddPort)\(\): |rootlessport )(?:cannot expose privileged port|listen ).+)$/,
    verdict: PORT_TAKEN,
  },
  {
    operations: LAUNCH,
    stages: ["network", "engine"],
    cause:
      /^(?:no available IPv[46] addresses on this network's address pools: .+|could not (?:find (?:an available, non-overlapping IPv[46] address pool|free IP)|get next available IPv[46] address).*|all predefined address pools have been fully subnetted|failed to find free IP in range: .+)$/i,
    verdict: ENGINE_FULL,
  },
  {
    operations: LAUNCH,
    lastLink: /^(?:cannot allocate memory|resource temporarily unavailable)$/i,
    verdict: ENGINE_FULL,
  },
  {
    operations: CREATE,
    statuses: [409],
    verdict: {
      code: "ALREADY_EXISTS",
      reason: "NAME_CLASH",
      remedy: "Remove or rename the container that has this name.",
    },
  },
  {
    // Podman before 6 answers 500: https://github.com/podman-container-tools/podman/pull/28286
    operations: CREATE,
    lastLink: /^that name is already in use$/,
    verdict: {
      code: "ALREADY_EXISTS",
      reason: "NAME_CLASH",
      remedy: "Remove or rename the container that has this name.",
    },
  },
  {
    operations: CREATE,
    statuses: [404],
    cause: /^no such image: /i,
    verdict: {
      code: "NOT_FOUND",
      reason: "IMAGE_NOT_FOUND",
      remedy: "Spawn again: the image was removed from the engine while it was being used.",
      blastRadius: "image",
      retry: "same-token",
    },
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    lastLink: /^(?:no space left on device|disk quota exceeded)$/i,
    verdict: DISK_FULL,
  },
];

export const LAUNCH_RULES: readonly EngineRule[] = [...IMAGE_RULES, ...REQUEST_RULES];
