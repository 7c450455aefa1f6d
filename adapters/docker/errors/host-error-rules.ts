import {
  CONTAINERD_GONE,
  DISK_FULL,
  ENGINE_BUSY,
  hostFault,
  THIN_POOL_FULL,
} from "./error-rules.ts";
import type { EngineRule } from "./error-rules.ts";

/**
 * Failures of the engine's host: its OCI runtime, kernel, cgroups, security modules, network and disk. None of them is
 * the image's or the request's. The causes follow runc (libcontainer), crun, containerd and moby; the subject of a cause
 * selects the remedy, and a cause that no rule knows still belongs to the host once the runtime has been reached.
 */

const LAUNCH = ["create", "start"] as const;
const RUNTIME = ["shim", "runtime", "process"] as const;

const CGROUP_REMEDY =
  "Check the cgroups of the engine's host (version, mounts, delegated controllers, and that the engine's cgroup driver is the host's), then restart the engine.";

const APPARMOR_REMEDY =
  "Load the engine's AppArmor profile on its host, or repair AppArmor there (in an LXC guest, allow nesting and profiles).";

/** The subject of a runtime's cause, and what to do about it. */
const RUNTIME_SUBJECTS: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:error )?(?:running|executing) (?:(?:prestart|createRuntime|createContainer|startContainer|poststart) )?hook/i,
    "Repair the hook on the engine's host that the message names; for nvidia, the driver and the container toolkit.",
  ],
  [
    /^(?:error )?(?:(?:unable to )?apply(?:ing)? cgroup|setting cgroup|adding (?:pid|process) \d+ to cgroup|can't open cgroup|cgroups?\b|creating cgroup|(?:mkdir|open|openat2|write|mkdirat|opening file|writing file) [`"]?\/sys\/fs\/cgroup|opening file [`"](?:cpu|memory|pids)\.|failed to (?:create|enable) .*cgroup|the requested cgroup|invalid slice|sd-bus|error creating systemd unit|unable to (?:create|start) unit)/,
    CGROUP_REMEDY,
  ],
  [/^(?:(?:unable to )?apply apparmor profile|apparmor\b)/i, APPARMOR_REMEDY],
  [
    /^(?:unable to init seccomp|error loading seccomp|seccomp\b|`?seccomp_)/,
    "Upgrade the OCI runtime and libseccomp on the engine's host so that they support the engine's seccomp profile.",
  ],
  [
    /^(?:(?:re)?open(?:at2?)?|write|read) sysctl |^(?:open|write|openat2?) [`"]?\/proc\/sys\//,
    "Let the OCI runtime set sysctls on the engine's host: in an LXC guest, allow nesting and correct its AppArmor profile, or use a runtime version that fits the host.",
  ],
  [
    /^(?:unable to |could not )?(?:join session keyring|create session key|mod keyring|create keyring|join keyctl)/,
    "Raise the key quota of the engine's host (kernel.keys.maxkeys, kernel.keys.maxbytes), or allow keyctl in its LXC guest.",
  ],
  [
    /^(?:can't set process label|selinux|SELinux|set process label|(?:open|write) [`"]?\/proc\/\S+\/attr)/,
    "Correct the SELinux policy of the engine's host for containers (container-selinux), then restart the engine.",
  ],
  [
    /^(?:error setting rlimits?|setrlimit)/,
    "Lower ulimits in the environment or the engine's default ulimits, or raise the limits of the engine's service on its host.",
  ],
  [
    /^(?:fork\/exec|clone|unshare|fork\b|namespace|nsexec|user namespaces|cgroup namespaces|time namespaces|setns|write to [`"]?\/proc\/\S+\/[ug]id_map|newuidmap|newgidmap)/,
    "Enable the namespaces that the OCI runtime needs on the engine's host (user.max_*_namespaces, kernel version, LXC nesting), and use a runtime that fits the engine.",
  ],
  [
    /^(?:inotify\S*|failed to create inotify|create (?:inotify|fsnotify))/,
    "Raise the inotify limits of the engine's host (fs.inotify.max_user_instances, fs.inotify.max_user_watches).",
  ],
  [
    /^(?:error )?(?:mount(?:ing)?\b|fsmount|unsafe procfs detected|jailing process|preparing rootfs|pivot_root|remount|make [`"]?\/|check proc-safety)/,
    "Let the engine's host mount file systems in containers: check its kernel, its storage driver, and in an LXC guest the nesting feature.",
  ],
];

/** No rule knows the cause. Most are the host's, but the runtime also says so of an image's files. */
const RUNTIME_REMEDY =
  "Repair on the engine's host what the message names: its OCI runtime, kernel or security modules. If it names a file or a value of the image, correct that.";

const NETWORK_REMEDY =
  "Repair the network of the engine's host (iptables or nftables, kernel modules, docker-proxy), then restart the engine.";

/** The system's errors of files and devices that only the engine uses. */
const HOST_ERRNO =
  /^(?:permission denied|operation not permitted|operation not supported|read-only file system|input\/output error|too many open files(?: in system)?|structure needs cleaning|stale (?:NFS )?file handle|no such device|too many links|function not implemented|transport endpoint is not connected)$/i;

export const HOST_RULES: readonly EngineRule[] = [
  {
    // A path outside the kernel's own file systems: the folder of the engine's or containerd's state is full.
    operations: LAUNCH,
    stages: RUNTIME,
    cause: /^(?:mkdir|write|open|symlink|copy_file_range|rename|sync) \/(?!sys\/|proc\/)/,
    lastLink: /^no space left on device$/i,
    verdict: DISK_FULL,
  },
  { operations: LAUNCH, anyLink: THIN_POOL_FULL, verdict: DISK_FULL },
  {
    operations: LAUNCH,
    stages: RUNTIME,
    lastLink: /^too many open files(?: in system)?$/i,
    verdict: hostFault(
      "Raise the limit of open files of the engine's service on its host, or terminate machines there.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["shim"],
    verdict: hostFault(
      "Install containerd's shim and the OCI runtime on the engine's host, in versions that fit the engine, then restart it.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["runtime"],
    cause: /^(?:exec: |fork\/exec \S+\/(?:runc|crun|containerd-shim\S*): |runtime ")/,
    verdict: hostFault(
      "Install the OCI runtime that the message names on the engine's host, or correct the engine's default runtime.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["engine", "runtime"],
    cause: /^(?:error reading from server: |transport: |ttrpc: closed)/,
    verdict: CONTAINERD_GONE.verdict,
  },
  CONTAINERD_GONE,
  {
    operations: LAUNCH,
    lastLink: /^(?:context deadline exceeded|i\/o timeout)$/,
    verdict: {
      ...ENGINE_BUSY,
      remedy: "Wait until the engine's host is less busy, or look for what delays its runtime.",
    },
  },
  ...RUNTIME_SUBJECTS.map(([cause, remedy]): EngineRule => ({
    operations: LAUNCH,
    stages: RUNTIME,
    cause,
    verdict: hostFault(remedy),
  })),
  { operations: LAUNCH, stages: RUNTIME, verdict: hostFault(RUNTIME_REMEDY) },
  { operations: LAUNCH, stages: ["network"], verdict: hostFault(NETWORK_REMEDY) },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause:
      /^(?:failed to create endpoint |failed to create the \S+ pair|failed to add (?:the host|interface)|error creating external connectivity|network sandbox join failed|Unable to (?:enable|add|restrict)|iptables failed|cannot restrict inter-container|setting up (?:network|pasta|slirp4netns)|(?:\/\S*\/)?(?:pasta|slirp4netns) failed|failed to mount runtime directory for rootless netns|rootless netns: )/i,
    verdict: hostFault(NETWORK_REMEDY),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause:
      /^(?:error (?:evaluating symlinks from mount source|while mounting volume|while creating mount source path) |(?:open|l?stat|readlink) \/.+: no such file or directory$|error creating overlay mount to |failed to mount |mounting storage for container |error mounting |creating overlay mount |driver "?\S+"? failed|layer does not exist|failed to prepare |failed to start daemon|mount callback failed )/,
    verdict: hostFault(
      "Repair the storage of the engine's host (overlay module, storage driver, snapshotter, data folder), then restart the engine.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause:
      /^(?:failed to initialize logging driver|error creating .* log|creating conmon|conmon |container create failed \(no logs from conmon\))/,
    verdict: hostFault(
      "Correct logging in the placement, or the engine's own logging driver and its options, or restart the engine.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause: /^cgroups: /,
    verdict: hostFault(CGROUP_REMEDY),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause: /^(?:AppArmor enabled on system but |apparmor failed to apply profile: )/,
    verdict: hostFault(APPARMOR_REMEDY),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    cause: /^(?:could not find "|linux mounts: )/,
    verdict: hostFault(
      "Install on the engine's host the driver, device or helper that the message names, or correct the engine's configuration.",
    ),
  },
  {
    operations: LAUNCH,
    stages: ["engine"],
    statuses: [500],
    lastLink: HOST_ERRNO,
    verdict: hostFault(
      "Repair the engine's host, which refused the engine a file or a device: the message names it.",
    ),
  },
];
