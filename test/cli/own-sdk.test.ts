import { join } from "node:path";
import { expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import { startGce } from "../../testing/gce/index.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { forgetImagesOf } from "../support/engine-client.ts";
import { describeWithEngine } from "../support/peers.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";

const REPORT = join(import.meta.dirname, "support", "report-modules.mjs");
const SLOW = { timeout: 120_000 };

/** The modules that belong to one substrate only: its adapter's files and its packages. */
const OWN = {
  aws: /\/adapters\/aws\/|\/node_modules\/(?:@aws-sdk|@smithy|@aws-crypto)\//,
  gce: /\/adapters\/gce\/|\/node_modules\/(?:@google-cloud|google-auth-library|google-gax)\//,
  docker: /\/adapters\/docker\/|\/node_modules\/(?:dockerode|docker-modem|ssh2)\//,
} as const;
type Part = keyof typeof OWN;

interface Trial {
  readonly image: object;
  readonly substrate: "AWS" | "GCP" | "DOCKER";
  readonly target: object;
  readonly environment: Readonly<Record<string, string>>;
}

/** The substrates whose modules a process loads to spawn such a workspace. */
async function partsOfSpawn(trial: Trial): Promise<readonly Part[]> {
  using catalog = scratchCatalog();
  const { substrate, target, environment } = trial;
  const records = {
    image: { name: "trial", architecture: "ARCHITECTURE_AMD64", ...trial.image },
    placement: { name: "trial", substrate, target },
    workspace: { name: "trial", image_ref: "trial", placement: "trial" },
  };
  for (const [kind, record] of Object.entries(records))
    await catalog.must(["set", kind, "trial"], { stdin: JSON.stringify(record) });
  const spawn = ["spawn", "trial", "--id", "one", "-o", "json"];
  const ran = await catalog.runProcess(spawn, { environment, nodeArguments: ["--import", REPORT] });
  expect(ran.exitCode).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ state: "running", substrate });
  await catalog.must(["terminate", "one"], { environment });
  const modules: unknown = JSON.parse(ran.stderr);
  const names = Array.isArray(modules) ? modules.map(String) : [];
  const isLoaded = (part: Part) => names.some((name) => OWN[part].test(name));
  return (["aws", "gce", "docker"] as const).filter(isLoaded);
}

it("a spawn on EC2 loads no modules of other substrates", SLOW, async () => {
  await using ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const { images, subnets } = ec2.region("us-east-1", "123456789012");
  const subnetIds = [subnets["us-east-1a"]];
  const parts = await partsOfSpawn({
    image: { aws: { ami_ids: { "us-east-1": images.x86_64 } } },
    substrate: "AWS",
    target: {
      aws: { account_id: "123456789012", region: "us-east-1", subnet_ids: subnetIds },
    },
    environment: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: "123456789012",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  });
  expect(parts).toEqual(["aws"]);
});

it("a spawn on Compute Engine loads no modules of other substrates", SLOW, async () => {
  await using gce = await startGce({ timing: { provisioningMs: 10, stagingMs: 10, endingMs: 10 } });
  gce.addImage("agents", { name: "base", family: "base", createdAt: 1_000 });
  const parts = await partsOfSpawn({
    image: { gce: { self_link: "projects/agents/global/images/base" } },
    substrate: "GCP",
    target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
    },
  });
  expect(parts).toEqual(["gce"]);
});

describeWithEngine("a spawn on Docker", (engine) => {
  it("loads no modules of the clouds", SLOW, async () => {
    await using registry = await startRegistry();
    registry.add("trial", "1", tinyImage("amd64", { program: { line: "steady\n" } }));
    const parts = await partsOfSpawn({
      image: { docker: { image_ref: `${registry.host}/trial:1` } },
      substrate: "DOCKER",
      target: { docker: { host: engine.host } },
      environment: {},
    });
    expect(parts).toEqual(["docker"]);
    await forgetImagesOf(engine, registry.host);
  });
});
