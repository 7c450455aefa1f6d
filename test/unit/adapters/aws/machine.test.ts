import type { Instance } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { isGone, machineOf } from "../../../../adapters/aws/machine.ts";

const ID = "i-0123456789abcdef0";

function instance(change: Instance = {}): Instance {
  return {
    InstanceId: ID,
    ImageId: "ami-0123456789abcdef0",
    AmiLaunchIndex: 2,
    State: { Code: 16, Name: "running" },
    Placement: { AvailabilityZone: "us-east-1a" },
    Architecture: "x86_64",
    PrivateIpAddress: "172.31.0.4",
    PublicIpAddress: "203.0.113.7",
    LaunchTime: new Date("2026-01-01T00:00:00Z"),
    ...change,
  };
}

function ended(Code: string | undefined, Message?: string): Instance {
  return instance({
    State: { Name: "terminated" },
    ...(Code === undefined
      ? {}
      : { StateReason: { Code, ...(Message === undefined ? {} : { Message }) } }),
  });
}

describe("machineOf", () => {
  it("converts an instance to the neutral form", () => {
    expect(machineOf(instance())).toEqual({
      id: ID,
      place: "us-east-1a",
      state: "running",
      architecture: "amd64",
      artifact: "ami-0123456789abcdef0",
      addresses: { private: "172.31.0.4", public: "203.0.113.7" },
      ports: [],
      launchIndex: 2,
      ownership: null,
      end: null,
      createdAt: "2026-01-01T00:00:00.000Z",
    });
  });

  it.each([
    ["pending", "pending"],
    ["running", "running"],
    ["stopping", "stopped"],
    ["stopped", "stopped"],
    ["shutting-down", "ended"],
    ["terminated", "ended"],
  ] as const)("reads the state %s as %s", (name, state) => {
    expect(machineOf(instance({ State: { Name: name } }))?.state).toBe(state);
  });

  it.each([
    ["x86_64", "amd64"],
    ["x86_64_mac", "amd64"],
    ["arm64", "arm64"],
    ["arm64_mac", "arm64"],
    ["i386", null],
  ] as const)("reads the architecture %s as %s", (Architecture, architecture) => {
    expect(machineOf(instance({ Architecture }))?.architecture).toBe(architecture);
  });

  it("has the machine type among its settings", () => {
    const settings = { machineType: "m7i.large" };
    expect(machineOf(instance({ InstanceType: "m7i.large" }))).toMatchObject({ settings });
  });

  it("has defaults for members that EC2 leaves out", () => {
    expect(machineOf({ InstanceId: ID })).toEqual({
      id: ID,
      place: "",
      state: "pending",
      architecture: null,
      artifact: null,
      addresses: { private: null, public: null },
      ports: [],
      launchIndex: null,
      ownership: null,
      end: null,
      createdAt: null,
    });
    const empty = instance({
      PrivateIpAddress: "",
      PublicIpAddress: "",
      Ipv6Address: "2001:db8::1",
    });
    expect(machineOf(empty)?.addresses).toEqual({
      private: "2001:db8::1",
      public: null,
      ipv6: "2001:db8::1",
    });
    expect(machineOf({})).toBe(null);
  });

  it.each([
    ["Server.InsufficientInstanceCapacity", "INSUFFICIENT_CAPACITY"],
    ["Server.SpotInstanceTermination", "INSUFFICIENT_CAPACITY"],
    ["Server.SpotInstanceShutdown", "INSUFFICIENT_CAPACITY"],
    ["Server.InternalError", "CLOUD_UNAVAILABLE"],
    ["Client.VolumeLimitExceeded", "QUOTA_EXCEEDED"],
    ["Client.InvalidSnapshot.NotFound", "IMAGE_DELETED"],
    ["Client.InstanceInitiatedShutdown", undefined],
    ["Client.InternalError", "MACHINE_NOT_STARTED"],
    ["Client.InvalidKMSKey.InvalidState", "DISK_KEY_UNUSABLE"],
  ] as const)("keeps the reason why a machine ended: %s", (code, reason) => {
    expect(machineOf(ended(code, `${code}: words`))?.end).toEqual({
      exitCode: null,
      message: `${code}: words`,
      ...(reason === undefined ? {} : { reason }),
    });
  });

  it.each([
    ["Client.MaxIOPSLimitExceeded", "QUOTA_EXCEEDED", "never"],
    ["Client.InvalidParameterCombination", "CLOUD_REQUEST_REFUSED", "next-candidate"],
    ["Client.VolumeTypeNotAvailableInZone", "NOT_OFFERED_HERE", "next-candidate"],
    ["Server.InsufficientVolumeCapacity", "INSUFFICIENT_CAPACITY", "next-candidate"],
  ])("reads a refusal after the launch by the table of EC2's errors: %s", (code, reason, retry) => {
    const end = machineOf(ended(code, `${code}: Could not create volume`))?.end;
    expect(end?.verdict).toMatchObject({ reason, retry });
  });

  it.each([
    ["Server.SomethingNew", "CLOUD_UNAVAILABLE"],
    ["Server.Unavailable", "CLOUD_UNAVAILABLE"],
    ["Client.SomethingNew", "MACHINE_NOT_STARTED"],
  ])("does not blame the image for an end that EC2 caused: %s", (code, reason) => {
    expect(machineOf(ended(code, `${code}: words`))?.end).toEqual({
      exitCode: null,
      message: `${code}: words`,
      reason,
    });
  });

  it("takes the cause from the message if its code differs", () => {
    const message = "Client.InternalError: Client error on launch";
    expect(machineOf(ended("Server.InternalError", message))?.end).toMatchObject({
      reason: "MACHINE_NOT_STARTED",
      message: `Server.InternalError: ${message}`,
    });
    const unknown = "Client.SomethingNew: words";
    expect(machineOf(ended("Server.InternalError", unknown))?.end?.reason).toBe(
      "CLOUD_UNAVAILABLE",
    );
  });

  it("adds the code to a message without it, and uses the message alone if there is no code", () => {
    expect(machineOf(ended("Client.Odd", "words"))?.end?.message).toBe("Client.Odd: words");
    expect(machineOf(ended(undefined))?.end?.message).toBe("");
    const stopped = instance({
      State: { Name: "stopped" },
      StateTransitionReason: "User initiated (2026-01-01 00:00:00 GMT)",
    });
    expect(machineOf(stopped)?.end?.message).toBe("User initiated (2026-01-01 00:00:00 GMT)");
  });
});

describe("isGone", () => {
  it("is true for a machine that a user terminated, and false for one that ended by itself", () => {
    expect(isGone(ended("Client.UserInitiatedShutdown"))).toBe(true);
    expect(isGone(ended(undefined))).toBe(true);
    expect(isGone(ended("Client.VolumeLimitExceeded"))).toBe(false);
    expect(isGone(instance())).toBe(false);
    const code = { Code: "Client.UserInitiatedShutdown" };
    expect(isGone(instance({ State: { Name: "stopped" }, StateReason: code }))).toBe(false);
  });
});
