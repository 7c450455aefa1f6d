import { describe, expect, it } from "vitest";
import { testRestart } from "../../../examples/service-test.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import { createTestSlipway } from "../../../testing/test-slipway.ts";
import type { TestSlipway, TestSlipwayOptions } from "../../../testing/test-slipway.ts";
import { caughtError } from "../../support/caught.ts";

const REFERENCE = "ghcr.io/acme/agent:v1";
const AMI = "ami-0123456789abcdef0";
const IMAGE = "projects/p/global/images/base";

async function withWorkspaces(options: TestSlipwayOptions = {}): Promise<TestSlipway> {
  const slipway = createTestSlipway({
    images: [REFERENCE, AMI, IMAGE].map((reference) => ({ reference, architecture: "amd64" })),
    ...options,
  });
  const { catalog } = slipway;
  const common = { architecture: "ARCHITECTURE_AMD64" } as const;
  await catalog.set("image", { ...common, name: "docker", docker: { imageRef: REFERENCE } });
  await catalog.set("image", { ...common, name: "aws", aws: { amiIds: { "us-east-1": AMI } } });
  await catalog.set("image", { ...common, name: "gcp", gce: { selfLink: IMAGE } });
  await catalog.set("placement", { name: "docker", substrate: "DOCKER", target: { docker: {} } });
  await catalog.set("placement", {
    name: "aws",
    substrate: "AWS",
    target: { aws: { accountId: "123456789012", region: "us-east-1", subnetIds: ["subnet-1"] } },
  });
  await catalog.set("placement", {
    name: "gcp",
    substrate: "GCP",
    target: { gcp: { project: "p", zones: ["us-central1-a"], subnet: "default" } },
  });
  for (const name of ["docker", "aws", "gcp"])
    await catalog.set("workspace", { name, imageRef: name, placement: name });
  return slipway;
}

describe("createTestSlipway", () => {
  it("launches on a fake of every substrate", async () => {
    await using slipway = await withWorkspaces();
    for (const [name, substrate] of [
      ["docker", "DOCKER"],
      ["aws", "AWS"],
      ["gcp", "GCP"],
    ] as const) {
      const spawn = await slipway.spawnWorkspace(name);
      expect(spawn).toMatchObject({ state: "running", substrate });
      expect(slipway.substrates[substrate].machines.map(({ id }) => id)).toEqual([
        spawn.machine?.id,
      ]);
    }
  });

  it("reports an image that the test did not list", async () => {
    await using slipway = await withWorkspaces({ images: [] });
    expect(await caughtError(() => slipway.resolveWorkspace("docker"))).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "IMAGE_NOT_FOUND",
    });
  });

  it("passes a substrate's options and faults to its fake", async () => {
    await using slipway = await withWorkspaces({
      substrates: { DOCKER: { places: [{ place: "local", capacity: 0 }] } },
    });
    expect(await slipway.spawnWorkspace("docker")).toMatchObject({
      state: "failed",
      error: { reason: "INSUFFICIENT_CAPACITY" },
    });
    expect(await slipway.spawnWorkspace("aws")).toMatchObject({ state: "running" });
  });

  it("keeps secrets, and reads none of Docker's configuration", async () => {
    await using slipway = await withWorkspaces();
    await slipway.catalog.setSecret("LOGIN", new SecretValue("user:password"));
    const docker = { imageRef: REFERENCE, pullCredentialSecret: "LOGIN" };
    await slipway.catalog.set("image", {
      name: "docker",
      architecture: "ARCHITECTURE_AMD64",
      docker,
    });
    const plan = await slipway.resolveWorkspace("docker");
    expect(plan.credential).toEqual({ kind: "secret", secret: "LOGIN" });
    expect(await caughtError(() => slipway.inspectImage(REFERENCE))).toMatchObject({
      reason: "REGISTRY_UNAVAILABLE",
    });
  });

  it("shares nothing with another one", async () => {
    await using slipway = await withWorkspaces();
    await slipway.spawnWorkspace("docker");
    await using other = createTestSlipway();
    expect(await other.listSpawns()).toEqual([]);
    expect(await other.catalog.list("workspace")).toEqual([]);
  });

  it("takes replacements of its ports, and refuses an unknown option", async () => {
    const ports = { newSpawnId: () => "mine" };
    await using slipway = await withWorkspaces({ ports, tenant: "acme" });
    expect(await slipway.spawnWorkspace("docker")).toMatchObject({
      spawnId: "mine",
      tenant: "acme",
    });
    expect(
      (
        await caughtError(async () =>
          createTestSlipway({
            // @ts-expect-error: imges
            imges: [],
          }),
        )
      ).reason,
    ).toBe("INVALID_INPUT");
  });

  it("reopens as the next process, which recovers what the first one left", async () => {
    const { ended, spawn, reports, launches } = await testRestart();
    expect(ended).toMatchObject([{ status: "rejected", reason: { reason: "INTERRUPTED" } }]);
    expect(spawn).toMatchObject({ spawnId: "agent-1", state: "running" });
    expect({ reports, launches }).toEqual({ reports: [], launches: 1 });
  });
});
