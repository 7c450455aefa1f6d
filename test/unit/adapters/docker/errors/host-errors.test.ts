import { describe, expect, it } from "vitest";
import { EngineReplyFailure } from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError, pullStreamError } from "../../../../../adapters/docker/errors/errors.ts";

function judge(operation: "create" | "start", status: number, words: string) {
  const context = { operation, engine: "unix:///engine.sock", subject: "container slipway-1" };
  return engineError(new EngineReplyFailure(status, words), context);
}

const TASK = "failed to create task for container: ";
const RUNC = "failed to create shim task: OCI runtime create failed: runc create failed: ";
const PROCESS = "unable to start container process: ";
const INIT = `${TASK}${RUNC}${PROCESS}error during container init: `;

const PULL = { operation: "pull", engine: "unix:///engine.sock", subject: "image a" } as const;

/** runc before 1.0.0-rc93 quotes the cause of each step. */
const QUOTED = [
  [
    'OCI runtime create failed: container_linux.go:349: starting container process caused "process_linux.go:449: container init caused \\"join session keyring: create session key: disk quota exceeded\\"": unknown',
    /kernel\.keys/,
  ],
  [
    'oci runtime error: container_linux.go:265: starting container process caused "process_linux.go:368: container init caused \\"write /proc/self/attr/keycreate: permission denied\\""',
    /SELinux/,
  ],
  [
    'OCI runtime create failed: container_linux.go:348: starting container process caused "process_linux.go:297: applying cgroup configuration for process caused \\"no space left on device\\"": unknown',
    /cgroup/,
  ],
  [
    'OCI runtime create failed: container_linux.go:348: starting container process caused "process_linux.go:301: running exec setns process for init caused \\"exit status 40\\"": unknown',
    /runtime/,
  ],
] as const;

/** What fails on an engine's host: status, words, what the remedy names. The reports are in docs/field-reports.md. */
const HOSTS = [
  [
    500,
    `${INIT}open sysctl net.ipv4.ip_unprivileged_port_start file: reopen fd 8: permission denied`,
    /sysctls/,
  ],
  [
    500,
    `${TASK}failed to start shim: failed to resolve runtime path: runtime "io.containerd.runc.v2" binary not installed "containerd-shim-runc-v2": file does not exist`,
    /shim/,
  ],
  [
    500,
    'failed to start shim: exec: "containerd-shim": executable file not found in $PATH: unknown',
    /shim/,
  ],
  [
    500,
    `${TASK}failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error (open /run/containerd/io.containerd.runtime.v2.task/moby/1/log.json: no such file or directory): exec: "runc": executable file not found in $PATH: unknown`,
    /runtime/,
  ],
  [
    500,
    `${TASK}failed to create shim task: OCI runtime create failed: fork/exec /usr/local/sbin/runc: exec format error: unknown`,
    /runtime/,
  ],
  [
    500,
    `${INIT}unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec: no such file or directory: unknown`,
    /AppArmor/,
  ],
  [
    400,
    "OCI runtime create failed: container_linux.go:380: starting container process caused: process_linux.go:545: container init caused: apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/exec: permission denied: unknown",
    /AppArmor/,
  ],
  [
    500,
    `${INIT}unable to join session keyring: unable to create session key: disk quota exceeded: unknown`,
    /kernel\.keys/,
  ],
  [
    500,
    "OCI runtime create failed: container_linux.go:380: starting container process caused: process_linux.go:545: container init caused: join session keyring: create session key: disk quota exceeded: unknown",
    /kernel\.keys/,
  ],
  [
    500,
    `${TASK}${RUNC}${PROCESS}unable to apply cgroup configuration: unable to start unit "docker-59.scope" (properties [{Name:Description Value:"libcontainer container 59"} {Name:Slice Value:"system.slice"}]): The name org.freedesktop.systemd1 was not provided by any .service files: unknown`,
    /cgroup/,
  ],
  [
    500,
    `${RUNC}${PROCESS}unable to apply cgroup configuration: mkdir /sys/fs/cgroup/memory/docker/74ad: no space left on device: unknown`,
    /cgroup/,
  ],
  [
    400,
    `${RUNC}${PROCESS}unable to apply cgroup configuration: mkdir /sys/fs/cgroup/rdma/docker/b0df: permission denied: unknown`,
    /cgroup/,
  ],
  [
    500,
    "crun: the requested cgroup controller `cpu` is not available: OCI runtime error",
    /cgroup/,
  ],
  [
    500,
    "crun: cgroups in hybrid mode not supported, drop all controllers from cgroupv2: OCI runtime error",
    /cgroup/,
  ],
  [
    500,
    "crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied",
    /ulimits/,
  ],
  [
    500,
    `${INIT}error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown`,
    /ulimits/,
  ],
  [500, `${TASK}${RUNC}namespace {"time" ""} does not exist: unknown`, /runtime/],
  [
    500,
    "OCI runtime create failed: creating container: starting sandbox: fork/exec /proc/self/exe: no space left on device: unknown",
    /host/,
  ],
  [500, `${RUNC}${PROCESS}can't get final child's PID from pipe: EOF: unknown`, /host/],
  [500, `${INIT}seccomp: config provided but seccomp not supported: unknown`, /seccomp/],
  [
    500,
    `${INIT}unable to init seccomp: error loading seccomp filter into kernel: error loading seccomp filter: errno 524: unknown`,
    /seccomp/,
  ],
  [
    400,
    `${INIT}error running hook #0: error running hook: exit status 1, stdout: , stderr: Auto-detected mode as 'legacy' nvidia-container-cli: initialization error: load library failed: libnvidia-ml.so.1: cannot open shared object file: no such file or directory: unknown`,
    /nvidia/,
  ],
  [
    400,
    `${INIT}error mounting "proc" to rootfs at "/proc": mount src=proc, dst=/proc, dstFd=/proc/thread-self/fd/8, flags=0xe: permission denied: unknown`,
    /mount/,
  ],
  [
    400,
    `${INIT}can't set process label: open /proc/thread-self/attr/exec: no such file or directory: unknown`,
    /SELinux/,
  ],
  [
    500,
    "driver failed programming external connectivity on endpoint a (14ed):  (iptables failed: iptables --wait -t nat -A DOCKER -p tcp -d 0/0 --dport 32817 -j DNAT --to-destination 172.17.0.2:8080 ! -i docker0: iptables: No chain/target/match by that name. (exit status 1))",
    /iptables/,
  ],
  [
    500,
    "failed to set up container networking: driver failed programming external connectivity on endpoint a (409f): failed to start userland proxy for port mapping 127.0.0.1:32768:10.229.0.2:8080/tcp: failed to start docker-proxy, check that the current version is in your $PATH",
    /docker-proxy/,
  ],
  [
    500,
    "failed to create endpoint a on network bridge: failed to add the host (veth1) <=> sandbox (veth2) pair interfaces: operation not supported",
    /network/,
  ],
  [
    500,
    "error creating overlay mount to /var/lib/docker/overlay2/d5ac-init/merged: invalid argument",
    /storage/,
  ],
  [500, "open /var/lib/docker/containers/1/hostconfig.json: read-only file system", /file/],
  [500, "cgroups: cgroup mountpoint does not exist: unknown", /cgroup/],
  [
    500,
    "crun: opening file `cpu.max` for writing: No such file or directory: OCI runtime attempted to invoke a command that was not found",
    /cgroup/,
  ],
  [
    500,
    "crun: sd-bus call: Interactive authentication required.: Permission denied: OCI permission denied",
    /cgroup/,
  ],
  [
    500,
    'AppArmor enabled on system but the docker-default profile could not be loaded: running `apparmor_parser apparmor_parser -Kr /x` failed with output: apparmor_parser: Unable to replace "docker-default". Permission denied error: exit status 243',
    /AppArmor/,
  ],
  [
    500,
    'could not find "netavark" in one of [/usr/libexec/podman]. To resolve this error, set the helper_binaries_dir key',
    /helper/,
  ],
  [500, "stat /var/lib/docker/overlay2/abc: no such file or directory", /storage/],
  [
    500,
    'plugin type="bridge" failed (add): cni plugin bridge failed: failed to locate iptables: exec: "iptables": executable file not found in $PATH',
    /iptables/,
  ],
  [500, "netavark: code: 3, msg: iptables: No chain/target/match by that name.", /iptables/],
  [
    500,
    "setting up Pasta: pasta failed with exit code 1: Couldn't open network namespace",
    /network/,
  ],
  [
    400,
    `${INIT}unsafe procfs detected: openat2 fsmount:fscontext:proc/sys/net/ipv4/ip_unprivileged_port_start: permission denied: unknown`,
    /LXC/,
  ],
  [500, `${TASK}${RUNC}${PROCESS}unable to apply caps: operation not permitted: unknown`, /host/],
  [
    400,
    'OCI runtime create failed: container_linux.go:367: starting container process caused: process_linux.go:495: container init caused: rootfs_linux.go:76: mounting "proc" to rootfs at "/proc" caused: mount through procfd: permission denied: unknown',
    /mount/,
  ],
  [
    400,
    `${INIT}error setting cgroup config for procHooks process: openat2 /sys/fs/cgroup/system.slice/docker-f6.scope/io.weight: no such file or directory: unknown`,
    /cgroup/,
  ],
  [500, "readdirent: permission denied", /file/],
  [
    500,
    `${TASK}Unimplemented: failed to start shim: start failed: unsupported shim version (3): not implemented`,
    /versions that fit the engine/,
  ],
  [
    500,
    "OCI runtime create failed: unable to retrieve OCI runtime error (open /run/containerd/io.containerd.runtime.v2.task/moby/1/log.json: too many open files): open /tmp/runc-process882272435: too many open files: unknown",
    /open files/,
  ],
  [500, '/usr/bin/slirp4netns failed: "open(\\"/dev/net/tun\\"): Permission denied"', /network/],
  [
    500,
    "failed to mount runtime directory for rootless netns: no such file or directory",
    /network/,
  ],
] as const;

describe("a failure of the engine's host", () => {
  it.each(HOSTS)("is not the image's: %i %s", (status, words, remedy) => {
    const error = judge("start", status, words);
    expect(error).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_HOST_FAULT",
      blastRadius: "zone",
      retry: "next-candidate",
      remedy: expect.stringMatching(remedy),
    });
    expect(error.message).toContain(words);
  });

  it("is a full disk only if a file or folder of the engine does not fit", () => {
    const state = `${TASK}mkdir /run/containerd/io.containerd.runtime.v2.task/moby/1: no space left on device: unknown`;
    expect(judge("start", 500, state).reason).toBe("ENGINE_DISK_FULL");
    const inotify = `${RUNC}inotify_add_watch /sys/fs/cgroup/x: no space left on device: unknown`;
    expect(judge("start", 500, inotify)).toMatchObject({
      reason: "ENGINE_HOST_FAULT",
      remedy: expect.stringContaining("fs.inotify"),
    });
  });

  it.each([
    'connection error: desc = "transport: Error while dialing: dial unix /run/containerd/containerd.sock: connect: connection refused"',
    `${TASK}failed to create shim task: ttrpc: closed: unknown`,
    `${TASK}failed to create shim task: context deadline exceeded: unknown`,
  ])("may pass when containerd answers again: %s", (words) => {
    expect(judge("start", 500, words)).toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
    });
  });

  it.each([
    "devmapper: Thin Pool has 0 free data blocks which is less than minimum required 20253 free data blocks. Create more free space in thin pool or use dm.min_free_space option to change behavior",
    "devmapper: Thin Pool has 1325 free metadata blocks which is less than minimum required 1331 free metadata blocks. Create more free metadata space in thin pool or use dm.min_free_space option to change behavior",
  ])("is a full disk of the devicemapper driver: %s", (words) => {
    expect(judge("create", 500, words).reason).toBe("ENGINE_DISK_FULL");
    expect(pullStreamError(`failed to register layer: ${words}`, PULL).reason).toBe(
      "ENGINE_DISK_FULL",
    );
  });

  it.each(QUOTED)("is found in the quotes of older runtimes: %s", (words, remedy) => {
    expect(judge("start", 500, words)).toMatchObject({
      reason: "ENGINE_HOST_FAULT",
      blastRadius: "zone",
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each([
    "something else",
    "database disk image is malformed",
    'runtime "io.containerd.runc.v2" binary not installed "containerd-shim-runc-v2": file does not exist: unknown',
    "devicemapper: Error running deviceCreate (createSnapDevice) dm_task_run failed",
    "allocating lock for new container: allocation failed; exceeded num_locks (2048)",
  ])("is the engine's, whatever it is, if the engine says so with 500: %s", (words) => {
    for (const operation of ["create", "start"] as const) {
      const error = judge(operation, 500, words);
      expect(error).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "ENGINE_ERROR",
        blastRadius: "zone",
        retry: "next-candidate",
        remedy: "Search the engine's log for this error.",
      });
      expect(error.message).toContain(words);
    }
  });
});
