import { describe, expect, it } from "vitest";
import { EngineReplyFailure } from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError } from "../../../../../adapters/docker/errors/errors.ts";

const SHIM = "failed to create shim task: OCI runtime create failed: runc create failed: ";

/** Recorded from Docker 20.10 and Podman 4.3, except where noted: operation, status, words, field of the remedy. */
const ABSENT = [
  [
    "create",
    400,
    'invalid mount config for type "bind": bind source path does not exist: /absent/x',
    "volumes",
  ],
  [
    "create",
    404,
    'create cache: error looking up volume plugin absent: plugin "absent" not found',
    "volume_driver",
  ],
  ["create", 400, 'error looking up logging plugin absent: plugin "absent" not found', "logging"],
  [
    "create",
    500,
    "container create: running container create option: invalid log driver: invalid argument",
    "logging",
  ],
  ["create", 400, "Unknown runtime specified absent", "runtime"],
  // Docker 23 and later: moby's daemon/runtime_unix.go
  ["create", 400, "unknown or invalid runtime name: nvidia", "default runtime"],
  [
    "start",
    500,
    'error gathering device information while adding custom device "/dev/absent": no such file or directory',
    "devices",
  ],
  ["create", 500, "container create: stat /dev/absent: no such file or directory", "devices"],
  ["start", 500, 'could not select device driver "" with capabilities: [[gpu]]', "gpus"],
  // Docker 25 and later: moby's daemon/cdi.go
  ["start", 500, "CDI device injection failed: unresolvable CDI devices acme.com/gpu=0", "devices"],
  // moby's daemon/oci_linux.go
  ["start", 500, 'exec: "docker-init": executable file not found in $PATH', "init"],
  [
    "create",
    500,
    "container create: container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory",
    "init",
  ],
] as const;

const REFUSED = [
  ["create", 400, 'bad format for add-host: "a.test"', "extra_hosts"],
  ["create", 400, 'invalid IP address in add-host: "999.1.1.1"', "extra_hosts"],
  [
    "create",
    400,
    "invalid mount config for type \"volume\": invalid specification: destination can't be '/'",
    "volumes",
  ],
  ["create", 400, "Duplicate mount point: /x", "volumes"],
  ["create", 500, "fill out specgen: /x: duplicate mount destination", "volumes"],
  ["start", 500, 'invalid tmpfs option ["bogus"]', "tmpfs"],
  ["create", 500, 'container create: unknown mount option "bogus": invalid mount option', "tmpfs"],
  ["create", 400, "unknown log opt 'bogus' for json-file log driver", "logging"],
  ["start", 500, "failed to initialize logging driver: invalid size: 'huge'", "logging"],
  ["create", 500, "fill out specgen: invalid size: 'huge'", "logging"],
  ["create", 400, 'invalid CapAdd: unknown capability: "CAP_FOO"', "cap_add"],
  ["create", 400, 'invalid CapDrop: unknown capability: "CAP_FOO"', "cap_drop"],
  ["create", 500, 'container create: "CAP_FOO": unknown capability', "cap_add"],
  ["create", 500, 'invalid --security-opt 2: "nonsense=1"', "security_opt"],
  ["create", 500, 'fill out specgen: invalid --security-opt 1: "nonsense"', "security_opt"],
  [
    "start",
    500,
    "Decoding seccomp profile failed: invalid character '/' looking for beginning of value",
    "security_opt",
  ],
  [
    "create",
    500,
    'container create: apparmor profile "x" specified, but Apparmor is not enabled on this system',
    "security_opt",
  ],
  ["start", 500, `${SHIM}wrong rlimit value: RLIMIT_NOFOO: unknown`, "ulimits"],
] as const;

function judge(operation: "create" | "start", status: number, words: string) {
  const context = { operation, engine: "unix:///engine.sock", subject: "container slipway-1" };
  return engineError(new EngineReplyFailure(status, words), context);
}

describe("an option that the engine refuses", () => {
  it.each(ABSENT)(
    "names something that the host lacks: %s %i %s",
    (operation, status, words, field) => {
      const error = judge(operation, status, words);
      expect(error).toMatchObject({
        code: "FAILED_PRECONDITION",
        reason: "HOST_RESOURCE_NOT_FOUND",
        blastRadius: "zone",
        remedy: expect.stringContaining(field),
      });
      expect(error.message).toContain(words);
    },
  );

  it.each(REFUSED)("has a wrong value: %s %i %s", (operation, status, words, field) => {
    const error = judge(operation, status, words);
    expect(error).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      blastRadius: "request",
      remedy: expect.stringContaining(field),
    });
    expect(error.message).toContain(words);
  });

  it("asks for capabilities that the host may not give", () => {
    const words = `${SHIM}unable to start container process: unable to apply caps: operation not permitted: unknown`;
    expect(judge("start", 500, words)).toMatchObject({
      reason: "ENGINE_HOST_FAULT",
      remedy: expect.stringMatching(/privileged.*cap_add/),
    });
  });

  it("may be a name that says the opposite of the cause", () => {
    const words = `${SHIM}unable to start container process: exec: "invalid CapAdd: x": executable file not found in $PATH: unknown`;
    expect(judge("start", 400, words).reason).toBe("MACHINE_NOT_STARTED");
  });
});
