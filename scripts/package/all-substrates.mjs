// A program that uses the clouds. `scripts/try-package.ts` runs it with the SDKs installed next to the library.
import assert from "node:assert/strict";
import { createSlipway } from "slipway";
import { API_CALLS as ec2Calls } from "slipway/adapters/aws";
import { API_CALLS as gceCalls } from "slipway/adapters/gce";
import { startEc2, startGce } from "slipway/testing";

const ec2 = await startEc2();
const gce = await startGce();
gce.addImage("agents", { name: "base", family: "base" });
const region = ec2.region("us-east-1");
const slipway = await createSlipway({
  database: ":memory:",
  environment: {
    AWS_ENDPOINT_URL: ec2.url,
    AWS_ACCESS_KEY_ID: "000000000000",
    AWS_SECRET_ACCESS_KEY: "test",
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "test",
  },
});
const clouds = {
  ec2: {
    image: { aws: { amiIds: { "us-east-1": region.images.x86_64 } } },
    substrate: "AWS",
    target: {
      aws: {
        accountId: "000000000000",
        region: "us-east-1",
        subnetIds: [region.subnets["us-east-1a"]],
      },
    },
  },
  gce: {
    image: { gce: { selfLink: "projects/agents/global/images/family/base" } },
    substrate: "GCP",
    target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
  },
};
for (const [name, { image, substrate, target }] of Object.entries(clouds)) {
  await slipway.catalog.set("image", { name, architecture: "ARCHITECTURE_AMD64", ...image });
  await slipway.catalog.set("placement", { name, substrate, target });
  await slipway.catalog.set("workspace", { name, imageRef: name, placement: name });
  const spawn = await slipway.spawnWorkspace(name, { spawnId: name });
  assert.equal(spawn.state, "running");
}
assert(ec2Calls.length > 5 && gceCalls.length > 5);
await slipway[Symbol.asyncDispose]();
await ec2.close();
await gce.close();
console.log("done");
