// A program that uses containers alone, as `scripts/try-package.ts` runs it: no SDK of a cloud is installed.
import assert from "node:assert/strict";
import { createSlipway, parseReference, SlipwayError, toWire } from "slipway";
import { createDockerAdapter } from "slipway/adapters/docker";
import planSchema from "slipway/schemas/plan.json" with { type: "json" };
import { createTestSlipway, startRegistry, tinyMultiPlatformImage } from "slipway/testing";

const registry = await startRegistry();
registry.add("team/agent", "v1", tinyMultiPlatformImage());
const environment = { AWS_ACCESS_KEY_ID: "000000000000", AWS_SECRET_ACCESS_KEY: "test" };
const slipway = await createSlipway({ database: ":memory:", tenant: "acme", environment });
const { catalog } = slipway;

const imageRef = `${registry.host}/team/agent:v1`;
await catalog.set("image", {
  name: "agent",
  architecture: "ARCHITECTURE_ARM64",
  docker: { imageRef },
});
await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
await catalog.set("workspace", { name: "dev", imageRef: "agent", placement: "here" });
const plan = await slipway.resolveWorkspace("dev", { offline: true });
assert.equal(plan.architecture, "arm64");
assert.deepEqual(
  Object.keys(toWire(plan)).filter((field) => !Object.hasOwn(planSchema.properties, field)),
  [],
);
const { manifestDigest } = await slipway.inspectImage(imageRef, { verifyLayers: true });
assert.match(manifestDigest, /^sha256:/);
assert.equal(parseReference("ubuntu").repository, "library/ubuntu");
assert.equal(typeof createDockerAdapter, "function");
assert.deepEqual(await slipway.listSpawns(), []);
const unknown = await slipway.describeSpawn("none").catch((error) => error);
assert(unknown instanceof SlipwayError);
assert.equal(unknown.code, "NOT_FOUND");

const clouds = {
  ec2: {
    image: { aws: { amiIds: { "us-east-1": "ami-12345678" } } },
    substrate: "AWS",
    target: {
      aws: { accountId: "000000000000", region: "us-east-1", subnetIds: ["subnet-12345678"] },
    },
    missing: "@aws-sdk/client-ec2",
  },
  gce: {
    image: { gce: { selfLink: "projects/agents/global/images/base" } },
    substrate: "GCP",
    target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
    missing: "@google-cloud/compute",
  },
};
for (const [name, { image, substrate, target, missing }] of Object.entries(clouds)) {
  await catalog.set("image", { name, architecture: "ARCHITECTURE_AMD64", ...image });
  await catalog.set("placement", { name, substrate, target });
  await catalog.set("workspace", { name, imageRef: name, placement: name });
  const failure = await slipway.resolveWorkspace(name).catch((error) => error);
  const failed = failure.checks.filter(({ outcome }) => outcome === "failed");
  assert.equal(failed.length, 1);
  assert.equal(failed[0].reason, "PACKAGE_NOT_INSTALLED");
  assert(failed[0].message.includes(missing));
  assert(failed[0].remedy.includes(`npm install ${missing}`));
}
await slipway[Symbol.asyncDispose]();
await registry.close();

const tested = createTestSlipway({ images: [{ reference: "agent:v1", architecture: "amd64" }] });
const image = { architecture: "ARCHITECTURE_AMD64", docker: { imageRef: "agent:v1" } };
await tested.catalog.set("image", { name: "agent", ...image });
await tested.catalog.set("placement", {
  name: "here",
  substrate: "DOCKER",
  target: { docker: {} },
});
await tested.catalog.set("workspace", { name: "dev", imageRef: "agent", placement: "here" });
assert.equal((await tested.spawnWorkspace("dev")).state, "running");
await tested[Symbol.asyncDispose]();
console.log("done");
