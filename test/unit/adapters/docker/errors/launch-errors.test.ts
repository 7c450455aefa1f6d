import { describe, expect, it } from "vitest";
import { EngineReplyFailure } from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError } from "../../../../../adapters/docker/errors/errors.ts";
import { LAUNCH_RULES } from "../../../../../adapters/docker/errors/launch-error-rules.ts";
import { HOST_RULES } from "../../../../../adapters/docker/errors/host-error-rules.ts";
import { PULL_RULES } from "../../../../../adapters/docker/errors/pull-error-rules.ts";
import { ENGINE_RULES } from "../../../../../adapters/docker/errors/error-rules.ts";

type Launching = "create" | "start";

function judge(operation: Launching, status: number, words: string) {
  const context = { operation, engine: "unix:///engine.sock", subject: "container slipway-1" };
  return engineError(new EngineReplyFailure(status, words), context);
}

/** How each engine leads to the message of the process in the container. */
const DOCKER_20 =
  "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";
const DOCKER_29 = `failed to create task for container: ${DOCKER_20}error during container init: `;
const PODMAN = "runc: runc create failed: unable to start container process: ";

/** Recorded from Docker 20.10 and 29 and from Podman 4.3: status, words. */
const COMMANDS = [
  // runc before 1.0.0-rc93 quotes the cause: https://github.com/moby/moby/issues/37713
  [
    400,
    'OCI runtime create failed: container_linux.go:348: starting container process caused "exec: \\"/registry\\": executable file not found in $PATH": unknown',
  ],
  [
    400,
    'oci runtime error: container_linux.go:247: starting container process caused "exec: \\"/bin/app\\": stat /bin/app: no such file or directory"',
  ],
  [
    500,
    'OCI runtime create failed: container_linux.go:296: starting container process caused "process_linux.go:398: container init caused \\"rootfs_linux.go:58: mounting \\\\\\"/a\\\\\\" to rootfs \\\\\\"/b\\\\\\" at \\\\\\"/etc/hosts\\\\\\" caused \\\\\\"not a directory\\\\\\"\\"": unknown',
  ],
  [400, `${DOCKER_20}exec: "nope": executable file not found in $PATH: unknown`],
  [400, `${DOCKER_29}exec: "nope": executable file not found in $PATH: unknown`],
  [
    500,
    `${PODMAN}exec: "nope": executable file not found in $PATH: OCI runtime attempted to invoke a command that was not found`,
  ],
  [400, `${DOCKER_29}exec: "/nope": stat /nope: no such file or directory: unknown`],
  [400, `${DOCKER_29}exec: "/etc": is a directory: unknown: permission denied`],
  [500, `${PODMAN}exec: "/noexec": permission denied: OCI permission denied`],
  [
    400,
    `${DOCKER_20}exec: "/text/x": stat /text/x: not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
  ],
  [500, "unable to find user ghost: no matching entries in passwd file"],
  [500, "unable to find group ghosts: no matching entries in group file"],
  [500, "uids and gids must be in range 0-2147483647"],
  [
    500,
    "creating container e1b7 workdir: mkdir /var/lib/containers/storage/vfs/dir/5bd2/probefile: not a directory",
  ],
  [500, "runc: runc create failed: Cwd must be an absolute path: OCI runtime error"],
  [
    500,
    `${PODMAN}error during container init: error mounting "proc" to rootfs at "/proc": filesystem "proc" must be mounted on ordinary directory: OCI runtime error`,
  ],
  [500, "creating /etc/mtab symlink: not a directory"],
  // https://github.com/argoproj/argo-workflows/issues/11212
  [500, `${DOCKER_29}error during container init: mkdir /src: not a directory: unknown`],
  [
    500,
    `${DOCKER_29}error during container init: unable to set working directory: mkdir /app: file exists: unknown`,
  ],
  [400, `${DOCKER_29}chdir to cwd ("/root") set in config.json failed: permission denied: unknown`],
  [
    400,
    'OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "nope": executable file not found in $PATH: unknown',
  ],
  [
    500,
    "crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
  ],
  [500, "crun: open executable: Permission denied: OCI permission denied"],
  [
    500,
    'OCI runtime create failed: starting container: starting root container: urpc method "containerManager.StartRoot" failed: error finding executable "nope" in PATH [/bin]: no such file or directory: unknown',
  ],
] as const;

/** Of creations: status, words, what the remedy names. */
const CONFIGURATIONS = [
  [400, "no command specified", /entrypoint or a command/],
  [400, "No command specified", /entrypoint or a command/],
  [
    500,
    "container create: no command or entrypoint provided, and no CMD or ENTRYPOINT from image",
    /entrypoint or a command/,
  ],
  [
    400,
    "the working directory 'srv' is invalid, it needs to be an absolute path",
    /working directory/,
  ],
  [
    500,
    "lstat /var/lib/docker/overlay2/0da7/merged/probefile/sub: not a directory",
    /working directory/,
  ],
  [400, "Interval in Healthcheck cannot be less than 1ms", /health check/],
  [400, "invalid JSON: invalid port '33060-33061': invalid syntax", /exposed ports/],
  [500, 'container create: invalid container path "rel", must be an absolute path', /volumes/],
] as const;

/** Limits and values of the request: operation, status, words. */
const VALUES = [
  ["create", 400, "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available"],
  ["create", 400, "You should always set the Memory limit when using Memoryswap limit, see usage"],
  [
    "create",
    500,
    "container create: you should always set a memory limit when using a memoryswap limit, see usage",
  ],
  [
    "create",
    500,
    "container create: minimum memoryswap limit should be larger than memory limit, see usage",
  ],
  [
    "start",
    500,
    `${DOCKER_29}error setting cgroup config for procHooks process: the maximum allowed cpu-shares is 262144: unknown`,
  ],
  [
    "start",
    500,
    `${PODMAN}error during container init: error setting cgroup config for procHooks process: unable to set memory limit to 1000000 (current usage: 2605056, peak usage: 3010560): OCI runtime error`,
  ],
  [
    "start",
    500,
    `${DOCKER_29}error setting cgroup config for procHooks process: failed to write "10": write /sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us: invalid argument: unknown`,
  ],
  ["start", 500, "crun: container init was OOM-killed (memory limit too low?): OCI runtime error"],
] as const;

/** Names, networks and ports: operation, status, words, reason. */
const REFUSALS = [
  [
    "create",
    409,
    'Conflict. The container name "/a" is already in use by container "cc"',
    "NAME_CLASH",
  ],
  [
    "create",
    500,
    'container create: creating container storage: the container name "a" is already in use by 3aa5. You have to remove that container to be able to reuse that name: that name is already in use',
    "NAME_CLASH",
  ],
  ["create", 404, "no such image: 127.0.0.1:1/x@sha256:11: image not known", "IMAGE_NOT_FOUND"],
  [
    "start",
    404,
    "failed to set up container networking: network absent-net not found",
    "NETWORK_NOT_FOUND",
  ],
  [
    "create",
    500,
    "container create: unable to find network with name or ID absent-net: network not found",
    "NETWORK_NOT_FOUND",
  ],
  [
    "start",
    500,
    "failed to set up container networking: driver failed programming external connectivity on endpoint a (44be): failed to bind host port 127.0.0.1:40833/tcp: address already in use",
    "PORT_UNAVAILABLE",
  ],
  [
    "start",
    500,
    "cannot listen on the TCP port: listen tcp4 10.99.99.99:46591: bind: cannot assign requested address",
    "PORT_UNAVAILABLE",
  ],
  [
    "start",
    500,
    "failed to set up container networking: no available IPv4 addresses on this network's address pools: bridge (aa)",
    "ENGINE_ERROR",
  ],
  [
    "create",
    400,
    "client version 1.24 is too old. Minimum supported API version is 1.44, please upgrade your client to a newer version",
    "ENGINE_UNSUPPORTED",
  ],
  ["create", 404, "page not found", "ENGINE_UNSUPPORTED"],
  [
    "start",
    409,
    "cannot join network namespace of a non running container: container vpn is exited",
    "NETWORK_NOT_FOUND",
  ],
  ["start", 400, "network lab is ambiguous (2 matches found on name)", "NETWORK_NOT_FOUND"],
] as const;

describe("a refused launch", () => {
  it.each(COMMANDS)("is the image's: %i %s", (status, words) => {
    const error = judge("start", status, words);
    expect(error).toMatchObject({ reason: "MACHINE_NOT_STARTED", blastRadius: "image" });
    expect(error.message).toContain(words);
  });

  it.each(CONFIGURATIONS)("is the image's configuration's: %i %s", (status, words, remedy) => {
    expect(judge("create", status, words)).toMatchObject({
      reason: /command/i.test(words) ? "NO_COMMAND" : "MACHINE_NOT_STARTED",
      blastRadius: "image",
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each(VALUES)("is a value's: %s %i %s", (operation, status, words) => {
    expect(judge(operation, status, words)).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      blastRadius: "request",
    });
  });

  it.each(REFUSALS)("%s %i %s", (operation, status, words, reason) => {
    expect(judge(operation, status, words).reason).toBe(reason);
  });

  it.each([
    "conflicting options: port publishing and the container type network mode",
    'hostname "aaa" is too long (maximum 64 bytes)',
    "invalid reference format: repository name must be lowercase",
    "a sentence that no rule knows",
  ])("with status 400 says no more than its message: %s", (words) => {
    const error = judge("create", 400, words);
    expect(error).toMatchObject({ code: "FAILED_PRECONDITION", reason: "ENGINE_ERROR" });
    expect(error.remedy).not.toMatch(/environment|image/);
    expect(error.message).toContain(words);
  });
});

/** Words that users choose, which say the opposite of the cause that follows them. */
const MISLEADING = [
  [
    'OCI runtime create failed: container_linux.go:348: starting container process caused "exec: \\"caused \\\\\\"no space left on device\\\\\\"\\": executable file not found in $PATH": unknown',
    "MACHINE_NOT_STARTED",
  ],
  [
    `${DOCKER_29}exec: "no space left on device": executable file not found in $PATH: unknown`,
    "MACHINE_NOT_STARTED",
  ],
  [
    `${DOCKER_29}exec: "/a: cannot allocate memory": stat /a: cannot allocate memory: no such file or directory: unknown`,
    "MACHINE_NOT_STARTED",
  ],
  ["network no-space-left-on-device not found", "NETWORK_NOT_FOUND"],
  [
    "unable to find user permission denied: no matching entries in passwd file",
    "MACHINE_NOT_STARTED",
  ],
] as const;

describe("the rules", () => {
  it.each(MISLEADING)("do not take a name for the cause: %s", (words, reason) => {
    expect(judge("start", 400, words).reason).toBe(reason);
  });

  it("match from the beginning of a cause or a whole part of it, never inside", () => {
    const all = [...LAUNCH_RULES, ...HOST_RULES, ...ENGINE_RULES, ...PULL_RULES];
    const patterns = all.flatMap(({ cause, anyLink, lastLink }) =>
      [cause, anyLink, lastLink].filter((pattern) => pattern !== undefined),
    );
    expect(patterns.length).toBeGreaterThan(30);
    expect(patterns.filter(({ source }) => !source.startsWith("^"))).toEqual([]);
  });
});
