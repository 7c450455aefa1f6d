import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { startFakeEngine } from "../../support/fake-engine.ts";
import {
  answer,
  checkOf,
  dockerPlacement,
  ec2Placement,
  gcePlacement,
  KEYS,
  scene,
  TOKEN,
} from "./support/doctor-scene.ts";

describe("the engine", () => {
  it("is down", async () => {
    using at = scene();
    await at.write(dockerPlacement("unix:///nowhere/docker.sock"));
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "engine")).toMatchObject({
      outcome: "problem",
      reason: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining(
        "placement local: the placement's host: the Docker engine at",
      ),
    });
    expect(exitCode).toBe(7);
  });

  it("has a wrong address", async () => {
    using at = scene();
    await at.write(dockerPlacement());
    const { exitCode, checks } = await at.doctor([], { DOCKER_HOST: "banana://engine" });
    expect(checkOf(checks, "engine")).toMatchObject({
      outcome: "problem",
      reason: "ENGINE_CONFIGURATION_INVALID",
      message: expect.stringContaining("DOCKER_HOST"),
    });
    expect(exitCode).toBe(3);
  });

  it("is too old", async () => {
    using at = scene();
    await using engine = await startFakeEngine();
    answer(engine, { api: "1.38" });
    await at.write(dockerPlacement(engine.host));
    expect(checkOf((await at.doctor()).checks, "engine")).toMatchObject({
      outcome: "problem",
      reason: "ENGINE_UNSUPPORTED",
    });
  });

  it.each([
    [600_000, "problem", "10 minutes behind", 3],
    [-600_000, "problem", "10 minutes ahead of", 3],
    [60_000, "warning", "60 seconds behind", 0],
  ])("has another time, by %i ms", async (aheadMilliseconds, outcome, words, exitCode) => {
    using at = scene();
    await using engine = await startFakeEngine();
    answer(engine, { aheadMilliseconds });
    await at.write(dockerPlacement(engine.host));
    const ran = await at.doctor();
    expect(checkOf(ran.checks, "clock")).toMatchObject({ outcome, reason: "CLOCK_SKEWED" });
    expect(checkOf(ran.checks, "clock")?.message).toContain(words);
    expect(ran.exitCode).toBe(exitCode);
  });
});

describe("AWS", () => {
  it("has no credentials", async () => {
    using at = scene();
    await at.write(ec2Placement());
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "aws")).toMatchObject({
      outcome: "problem",
      reason: "CLOUD_UNAUTHENTICATED",
      message: expect.stringContaining("Could not load credentials from any providers"),
    });
    expect(exitCode).toBe(5);
  });

  it.each([
    [
      "an expired token",
      { kind: "expired-credentials" } as const,
      "CLOUD_UNAUTHENTICATED",
      "ExpiredToken",
    ],
    [
      "a refusal that repeats the secret",
      {
        kind: "error",
        code: "AccessDenied",
        status: 403,
        message: `no: ${KEYS.AWS_SECRET_ACCESS_KEY}`,
      } as const,
      "CLOUD_PERMISSION_DENIED",
      "AccessDenied",
    ],
  ])("has %s", async (_title, fault, reason, words) => {
    using at = scene();
    await using ec2 = await startEc2();
    ec2.fault(fault);
    await at.write(ec2Placement());
    const { exitCode, checks } = await at.doctor([], { ...KEYS, AWS_ENDPOINT_URL: ec2.url });
    expect(checkOf(checks, "aws")).toMatchObject({ outcome: "problem", reason });
    expect(checkOf(checks, "aws")?.message).toContain(words);
    expect(JSON.stringify(checks)).not.toContain(KEYS.AWS_SECRET_ACCESS_KEY);
    // The refusal shows AWS's time.
    expect(checkOf(checks, "clock")).toMatchObject({ outcome: "ok" });
    expect(exitCode).toBe(5);
  });

  it("knows the caller in another account than the placement's", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    await at.write(ec2Placement({ accountId: "123456789012" }));
    const { exitCode, checks } = await at.doctor([], { ...KEYS, AWS_ENDPOINT_URL: ec2.url });
    expect(checkOf(checks, "aws")).toMatchObject({
      outcome: "problem",
      reason: "ACCOUNT_MISMATCH",
    });
    expect(exitCode).toBe(3);
  });

  it("knows the caller of each of a placement's roles", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    await at.write(
      ec2Placement({
        roleArn: "arn:aws:iam::000000000000:role/launcher",
        readonlyRoleArn: "arn:aws:iam::000000000000:role/reader",
      }),
    );
    const { checks } = await at.doctor([], { ...KEYS, AWS_ENDPOINT_URL: ec2.url });
    const callers = checks.filter(({ name }) => name === "aws").map(({ message }) => message);
    expect(callers).toEqual([
      expect.stringMatching(/the launching credentials are arn:\S+role\/launcher\/slipway, of/),
      expect.stringMatching(/the reading credentials are arn:\S+role\/reader\/slipway, of/),
    ]);
  });

  it("knows the process's own caller, in its own region, without a placement", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    const own = { ...KEYS, AWS_ENDPOINT_URL: ec2.url, AWS_REGION: "eu-west-1" };
    expect(checkOf((await at.doctor([], own)).checks, "aws")).toMatchObject({
      outcome: "ok",
      message: expect.stringMatching(/^eu-west-1: .* of account 000000000000$/),
    });
  });
});

describe("Compute Engine", () => {
  it("has no credentials", async () => {
    using at = scene();
    await at.write(gcePlacement);
    const { exitCode, checks } = await at.doctor();
    expect(checkOf(checks, "gce")).toMatchObject({
      outcome: "problem",
      reason: "CLOUD_UNAUTHENTICATED",
      message: expect.stringContaining("no metadata server answers"),
    });
    expect(exitCode).toBe(5);
  });

  it("has a malformed credential file", async () => {
    using at = scene();
    await at.write(gcePlacement);
    const file = join(at.folder, "key.json");
    writeFileSync(file, '{"type": "service_account", "private_key": "hidden-key"}');
    const { exitCode, checks } = await at.doctor([], { GOOGLE_APPLICATION_CREDENTIALS: file });
    expect(checkOf(checks, "gce")).toMatchObject({
      outcome: "problem",
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: expect.stringContaining(`GOOGLE_APPLICATION_CREDENTIALS ${file}`),
    });
    expect(JSON.stringify(checks)).not.toContain("hidden-key");
    expect(exitCode).toBe(3);
  });

  it("does not have the placement's project", async () => {
    using at = scene();
    await using gce = await startGce();
    gce.removeProject("agents");
    await at.write(gcePlacement);
    const { checks } = await at.doctor([], {
      ...TOKEN,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    });
    expect(checkOf(checks, "gce")).toMatchObject({
      outcome: "problem",
      reason: "PROJECT_NOT_FOUND",
    });
    expect(checkOf(checks, "clock")).toMatchObject({ outcome: "ok" });
  });
});
