import { describe, expect, it } from "vitest";
import {
  EngineConnectionFailure,
  EngineReplyFailure,
} from "../../../../../adapters/docker/errors/engine-failure.ts";
import { engineError, mayHaveHappened } from "../../../../../adapters/docker/errors/errors.ts";
import type { EngineOperation } from "../../../../../adapters/docker/errors/errors.ts";
import { SlipwayError } from "../../../../../src/errors.ts";

function context(operation: EngineOperation) {
  return { operation, engine: "unix:///engine.sock", subject: "container slipway-1" };
}

const START = "failed to create shim task: OCI runtime create failed: runc create failed:";

/** Recorded from Docker 20.10 but for those marked otherwise: operation, status, words, code, reason, retry. */
const REPLIES = [
  [
    "create",
    404,
    "No such image: 127.0.0.1:5000/x@sha256:aa",
    "NOT_FOUND",
    "IMAGE_NOT_FOUND",
    "same-token",
  ],
  [
    "create",
    404,
    "image with reference dk/bb was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64",
    "FAILED_PRECONDITION",
    "PLATFORM_UNSUPPORTED",
    "never",
  ],
  [
    "create",
    400,
    "Minimum memory limit allowed is 6MB",
    "FAILED_PRECONDITION",
    "RESOURCE_VALUE_REFUSED",
    "never",
  ],
  [
    "create",
    400,
    "Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
    "FAILED_PRECONDITION",
    "RESOURCE_VALUE_REFUSED",
    "never",
  ],
  [
    "create",
    409,
    'Conflict. The container name "/t1" is already in use by container "cc46"',
    "ALREADY_EXISTS",
    "NAME_CLASH",
    "never",
  ],
  [
    "create",
    500,
    "mkdir /var/lib/docker/overlay2/1: no space left on device",
    "RESOURCE_EXHAUSTED",
    "ENGINE_DISK_FULL",
    "next-candidate",
  ],
  ["start", 404, "network nope not found", "FAILED_PRECONDITION", "NETWORK_NOT_FOUND", "never"],
  [
    "start",
    403,
    "Could not attach to network mynet: rpc error: network mynet not manually attachable",
    "FAILED_PRECONDITION",
    "NETWORK_NOT_FOUND",
    "never",
  ],
  ["start", 404, "No such container: t1", "NOT_FOUND", "MACHINE_NOT_FOUND", "never"],
  [
    "start",
    500,
    "driver failed programming external connectivity on endpoint t2 (7ec7): Bind for 127.0.0.1:22222 failed: port is already allocated",
    "RESOURCE_EXHAUSTED",
    "PORT_UNAVAILABLE",
    "next-candidate",
  ],
  [
    "start",
    500,
    "driver failed programming external connectivity on endpoint t1 (42aa): Error starting userland proxy: listen tcp4 10.99.99.99:32777: bind: cannot assign requested address",
    "RESOURCE_EXHAUSTED",
    "PORT_UNAVAILABLE",
    "next-candidate",
  ],
  [
    "start",
    400,
    `${START} unable to start container process: exec: "nope": executable file not found in $PATH: unknown`,
    "FAILED_PRECONDITION",
    "MACHINE_NOT_STARTED",
    "never",
  ],
  [
    "start",
    400,
    `${START} unable to start container process: exec: "/etc": permission denied: unknown`,
    "FAILED_PRECONDITION",
    "MACHINE_NOT_STARTED",
    "never",
  ],
  [
    "start",
    500,
    "unable to find user nobodyx: no matching entries in passwd file",
    "FAILED_PRECONDITION",
    "MACHINE_NOT_STARTED",
    "never",
  ],
  [
    "start",
    500,
    `${START} unable to start container process: error during container init: error setting cgroup config for procHooks process: the minimum allowed cpu-shares is 2: unknown`,
    "FAILED_PRECONDITION",
    "RESOURCE_VALUE_REFUSED",
    "never",
  ],
  [
    "start",
    500,
    "shares: invalid argument",
    "FAILED_PRECONDITION",
    "RESOURCE_VALUE_REFUSED",
    "never",
  ],
  [
    "start",
    400,
    `${START} unable to start container process: exec /bin/sh: argument list too long`,
    "FAILED_PRECONDITION",
    "RESOURCE_VALUE_REFUSED",
    "never",
  ],
  [
    "start",
    500,
    `${START} exec user process caused: exec format error`,
    "FAILED_PRECONDITION",
    "PLATFORM_UNSUPPORTED",
    "never",
  ],
  [
    "start",
    500,
    "fork: cannot allocate memory",
    "RESOURCE_EXHAUSTED",
    "ENGINE_ERROR",
    "next-candidate",
  ],
  [
    "logs",
    501,
    "configured logging driver does not support reading",
    "FAILED_PRECONDITION",
    "ENGINE_UNSUPPORTED",
    "never",
  ],
  ["list", 503, "service unavailable", "UNAVAILABLE", "ENGINE_UNAVAILABLE", "same-token"],
  [
    "info",
    403,
    "authorization denied by plugin",
    "PERMISSION_DENIED",
    "ENGINE_UNAVAILABLE",
    "never",
  ],
  ["list", 500, "something that no rule knows", "FAILED_PRECONDITION", "ENGINE_ERROR", "never"],
] as const;

describe("engineError", () => {
  it.each(REPLIES)("%s, %i, %s", (operation, status, words, code, reason, retry) => {
    const error = engineError(new EngineReplyFailure(status, words), context(operation));
    expect(error).toMatchObject({ code, reason, retry, metadata: { status } });
    expect(error.message).toContain(words);
    expect(error.remedy).not.toBeNull();
  });

  it("is not misled by what a command is called", () => {
    const words = `${START} unable to start container process: exec: "port is already allocated": executable file not found in $PATH: unknown`;
    const error = engineError(new EngineReplyFailure(400, words), context("start"));
    expect(error.reason).toBe("MACHINE_NOT_STARTED");
  });

  it("distinguishes an unreachable engine from a broken connection", () => {
    const absent = new EngineConnectionFailure({
      code: "ECONNREFUSED",
      sent: false,
      words: "connect ECONNREFUSED /engine.sock",
    });
    expect(engineError(absent, context("create"))).toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
      message: expect.stringContaining("cannot be reached"),
    });
    const broken = new EngineConnectionFailure({
      code: "ECONNRESET",
      sent: true,
      words: "socket hang up",
    });
    expect(engineError(broken, context("create"))).toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
      message: expect.stringContaining("broke off"),
    });
    expect([absent, broken].map(mayHaveHappened)).toEqual([false, true]);
  });

  it("says what to do where the socket is forbidden", () => {
    const failure = new EngineConnectionFailure({ code: "EACCES", sent: false, words: "EACCES" });
    expect(engineError(failure, context("info"))).toMatchObject({
      code: "PERMISSION_DENIED",
      reason: "ENGINE_UNAVAILABLE",
      retry: "never",
    });
  });

  it("leaves our own errors as they are and words a stranger's on one line", () => {
    const ours = new SlipwayError({ code: "CANCELLED", reason: "INTERRUPTED", message: "stop" });
    expect(engineError(ours, context("list"))).toBe(ours);
    const odd = engineError(new Error("first\nsecond\u0007"), context("list"));
    expect(odd).toMatchObject({ reason: "ENGINE_ERROR" });
    expect(odd.message).toBe("listing container slipway-1: first second");
  });

  it("takes a proxy's lost answer for one that may have happened", () => {
    expect(mayHaveHappened(new EngineReplyFailure(502, "bad gateway"))).toBe(true);
    expect(mayHaveHappened(new EngineReplyFailure(500, "failed"))).toBe(false);
  });
});
