import { once } from "node:events";
import { DescribeImagesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ROUTES } from "../../src/cli/app.ts";
import { readVersion } from "../../src/host/package-manifest.ts";
import { startRegistry, tinyMultiPlatformImage } from "../../testing/registry/index.ts";
import { attempt, ended, report, start } from "./run.ts";
import type { Attempt, Installed } from "./run.ts";

const ACCOUNT = "000000000000";
const REGION = "us-east-1";
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: ACCOUNT,
  AWS_SECRET_ACCESS_KEY: "test",
  CLOUDSDK_AUTH_ACCESS_TOKEN: "test",
} as const;
const GCE_IMAGE = "projects/debian-cloud/global/images/family/debian-12";

/** Runs every command once, and its help, against the fakes that the command itself starts. */
export async function tryCommands(installed: Installed): Promise<void> {
  await using registry = await startRegistry();
  registry.add("team/agent", "v1", tinyMultiPlatformImage());
  await using ec2 = await startFake(installed, "ec2");
  await using gce = await startFake(installed, "gce");
  const environment = {
    ...CREDENTIALS,
    AWS_ENDPOINT_URL: ec2.url,
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
  };
  const attempts = [
    ...helpAttempts(),
    ...recordAttempts(await ec2Records(ec2.url)),
    ...spawnAttempts(),
    { words: ["inspect", `${registry.host}/team/agent:v1`], prints: "reference: " },
  ];
  for (const each of attempts) await attempt({ ...installed, environment }, each);
  const tried = new Set(["fake", ...attempts.map(({ words: [command = ""] }) => command)]);
  const untried = Object.keys(ROUTES).filter((command) => !tried.has(command));
  report(untried.length === 0, `all of ${Object.keys(ROUTES).length} commands`, untried.join(", "));
}

function helpAttempts(): readonly Attempt[] {
  return [
    { words: ["--version"], prints: `${readVersion()}\n` },
    { words: ["--help"], prints: "slipway turns a workspace" },
    ...Object.keys(ROUTES).map((command) => ({ words: [command, "--help"], prints: "USAGE" })),
    { words: ["completion", "bash"], prints: "" },
    { words: ["__complete", "res"], prints: "resolve" },
  ];
}

interface Records {
  readonly image: object;
  readonly placement: object;
}

function recordAttempts(ec2: Records): readonly Attempt[] {
  const gce = {
    image: { gce: { self_link: GCE_IMAGE } },
    placement: {
      substrate: "GCP",
      target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
    },
  };
  const sets = Object.entries({ ec2, gce }).flatMap(([name, { image, placement }]) => [
    setAttempt("image", name, { architecture: "ARCHITECTURE_AMD64", ...image }),
    setAttempt("placement", name, placement),
    setAttempt("workspace", name, { image_ref: name, placement: name }),
  ]);
  return [
    ...sets,
    setAttempt("workspace", "spare", { image_ref: "ec2", placement: "ec2" }),
    { words: ["set", "secret", "LOGIN"], input: "robot:pass\n", prints: "name: LOGIN\n" },
    { words: ["patch", "image", "ec2", "--set", "description=base"], prints: "name: ec2\n" },
    { words: ["get", "image", "-o", "json"], prints: "[" },
    { words: ["get", "secret", "LOGIN"], prints: "name: LOGIN\n" },
    { words: ["history", "image", "ec2"], prints: "- generation: 2\n" },
    { words: ["delete", "workspace", "spare"], prints: "" },
  ];
}

function setAttempt(kind: string, name: string, fields: object): Attempt {
  const input = JSON.stringify({ name, ...fields });
  return { words: ["set", kind, name], input, prints: `name: ${name}\n` };
}

function spawnAttempts(): readonly Attempt[] {
  const attempts = [
    { words: ["resolve", "ec2", "--save", "plan.json"], prints: "{" },
    { words: ["resolve", "gce"], prints: "{" },
    { words: ["spawn", "--plan", "plan.json", "--id", "one"], prints: "{" },
    { words: ["spawn", "gce", "--count", "2", "--id", "two"], prints: "[" },
    { words: ["list", "--state", "running"], prints: "[" },
    { words: ["describe", "one"], prints: "{" },
    { words: ["watch", "one", "two-0", "--until", "settled"], prints: "" },
    { words: ["logs", "two-0"], prints: "" },
    { words: ["recover"], prints: "" },
    { words: ["sweep", "--dry-run"], prints: "{" },
    { words: ["terminate", "one", "two-0", "two-1"], prints: "[" },
  ];
  // In this format only an error goes to standard error.
  return attempts.map(({ words, prints }) => ({ words: [...words, "-o", "json"], prints }));
}

/** Records for an EC2 fake, whose generated ids differ in each run. */
async function ec2Records(endpoint: string): Promise<Records> {
  const credentials = {
    accessKeyId: CREDENTIALS.AWS_ACCESS_KEY_ID,
    secretAccessKey: CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  };
  const client = new EC2Client({ region: REGION, endpoint, credentials });
  const { Images = [] } = await client.send(new DescribeImagesCommand({}));
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  client.destroy();
  const image = Images.find(({ Architecture }) => Architecture === "x86_64")?.ImageId;
  const subnet = Subnets[0]?.SubnetId;
  const aws = { account_id: ACCOUNT, region: REGION, subnet_ids: [subnet], assign_public_ip: true };
  return {
    image: { aws: { ami_ids: { [REGION]: image } } },
    placement: { substrate: "AWS", target: { aws } },
  };
}

/** Runs `slipway fake` until it is disposed of; then it must exit with 0 and print nothing on standard error. */
async function startFake(installed: Installed, cloud: string) {
  const child = start(installed, ["fake", cloud]);
  const end = ended(child);
  const [line] = child.stdout === null ? [] : await once(child.stdout, "data");
  return {
    url: /^listening on (\S+)\n/.exec(String(line))?.[1] ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const { exitCode, stdout, stderr } = await end;
      report(exitCode === 0 && stderr === "", `fake ${cloud}`, `${exitCode}\n${stdout}${stderr}`);
    },
  };
}
