import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { AwsEnvironment } from "../../adapters/aws/index.ts";
import { instrument } from "../../src/substrate/instrument.ts";
import { startEc2 } from "../../testing/ec2/index.ts";
import { EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { ec2Scene, failures, REGION, resolveOn } from "../support/ec2-resolve.ts";
import type { Ec2Scene } from "../support/ec2-resolve.ts";
import { scratchFolder } from "../support/scratch.ts";
import { scanFor } from "../support/world-secrets.ts";
import { startServer } from "../unit/oci/support/http-server.ts";

const READER = `arn:aws:iam::${EC2_ACCOUNT}:role/reader`;
const LAUNCHER = `arn:aws:iam::${EC2_ACCOUNT}:role/launcher`;
const OTHER_ACCOUNT = "210987654321";
/** Removes the keys that a scene sets by default. */
const NO_KEYS: AwsEnvironment = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
};

/** The distinct access keys that signed the requests of an action. */
function callers({ ec2 }: Ec2Scene, action: string): readonly (string | null)[] {
  const made = ec2.requests.filter((request) => request.action === action);
  return [...new Set(made.map(({ accessKeyId }) => accessKeyId))];
}

function count({ ec2 }: Ec2Scene, action: string): number {
  return ec2.requests.filter((request) => request.action === action).length;
}

describe("the placement's roles", () => {
  const roles = { roleArn: LAUNCHER, readonlyRoleArn: READER };

  it("are assumed when needed, one for reads and one for launches", async () => {
    await using scene = await ec2Scene();
    const { checks } = await scene.resolve({ target: roles });
    expect(failures(checks)).toEqual({});
    const assumed = scene.ec2.requests.filter(({ action }) => action === "AssumeRole");
    expect(assumed.map(({ parameters }) => parameters["RoleArn"])).toEqual([READER, LAUNCHER]);
    expect(callers(scene, "AssumeRole")).toEqual([EC2_ACCOUNT]);
    const [reader] = callers(scene, "DescribeImages");
    expect(callers(scene, "DescribeSubnets")).toEqual([reader]);
    const [launcher] = callers(scene, "RunInstances");
    expect(new Set([reader, launcher, EC2_ACCOUNT]).size).toBe(3);
    // The account of each is checked, because the roles could belong to different accounts.
    expect(callers(scene, "GetCallerIdentity")).toHaveLength(2);
  });

  it("are kept until shortly before their credentials expire", async () => {
    await using scene = await ec2Scene();
    const adapter = scene.open({ target: { roleArn: LAUNCHER } });
    const question = { target: { roleArn: LAUNCHER } };
    await resolveOn(adapter, scene.region, question);
    await scene.clock.advance(54 * 60_000);
    await resolveOn(adapter, scene.region, question);
    expect(count(scene, "AssumeRole")).toBe(1);
    await scene.clock.advance(2 * 60_000);
    const { checks } = await resolveOn(adapter, scene.region, question);
    expect(failures(checks)).toEqual({});
    expect(count(scene, "AssumeRole")).toBe(2);
  });

  it("fail a check if they belong to another account than the placement's", async () => {
    await using scene = await ec2Scene();
    const readonlyRoleArn = `arn:aws:iam::${OTHER_ACCOUNT}:role/reader`;
    const { checks } = await scene.resolve({ target: { readonlyRoleArn } });
    expect(failures(checks)).toMatchObject({ "account.reader": "ACCOUNT_MISMATCH" });
  });
});

describe("the environment", () => {
  it("does not set the region, which is the placement's", async () => {
    await using scene = await ec2Scene();
    const environment = { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-1" };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    expect(new Set(scene.ec2.requests.map(({ region }) => region))).toEqual(new Set([REGION]));
  });

  it("may set one endpoint for EC2 and one for STS", async () => {
    await using scene = await ec2Scene();
    await using sts = await startEc2({ rates: "off" });
    const environment = {
      AWS_ENDPOINT_URL: "http://127.0.0.1:9",
      AWS_ENDPOINT_URL_EC2: scene.ec2.url,
      AWS_ENDPOINT_URL_STS: sts.url,
    };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    expect(sts.requests.map(({ action }) => action)).toEqual(["GetCallerIdentity"]);
    expect(count(scene, "GetCallerIdentity")).toBe(0);
  });

  it("may name a profile whose keys and endpoints are in the shared files", async () => {
    await using scene = await ec2Scene();
    using folder = scratchFolder();
    const config = join(folder.path, "config");
    const credentials = join(folder.path, "credentials");
    writeFileSync(
      config,
      `[profile work]\nregion = eu-west-1\nservices = local\nendpoint_url = http://127.0.0.1:9\n` +
        `[services local]\nec2 =\n  endpoint_url = ${scene.ec2.url}\nsts =\n  endpoint_url = ${scene.ec2.url}\n`,
    );
    writeFileSync(
      credentials,
      `[work]\naws_access_key_id = ${OTHER_ACCOUNT}\naws_secret_access_key = test\n`,
    );
    const environment = {
      ...NO_KEYS,
      AWS_ENDPOINT_URL: "",
      AWS_PROFILE: "work",
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: credentials,
    };
    const { subnets } = scene.ec2.region(REGION, OTHER_ACCOUNT);
    const target = { accountId: OTHER_ACCOUNT, subnetIds: Object.values(subnets) };
    const { checks } = await scene.resolve({ environment, target });
    expect(failures(checks)).toEqual({});
    expect(callers(scene, "DescribeImages")).toEqual([OTHER_ACCOUNT]);
  });

  it("without credentials fails one check, and sends no request", async () => {
    // The SDK's last source is the instance metadata, which only a variable of the process itself can disable.
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    onTestFinished(() => void vi.unstubAllEnvs());
    await using scene = await ec2Scene();
    using folder = scratchFolder();
    const environment = {
      ...NO_KEYS,
      AWS_PROFILE: "absent",
      AWS_CONFIG_FILE: join(folder.path, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "credentials"),
    };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    const failed = checks.find(({ name }) => name === "cloud.credentials");
    expect(failed?.message).toBe(
      `profile absent (AWS_PROFILE) has no usable AWS credentials: neither ${environment.AWS_CONFIG_FILE} nor ${environment.AWS_SHARED_CREDENTIALS_FILE} has profile absent`,
    );
    expect(scene.ec2.requests).toEqual([]);
  });

  it("is not repeated by a service that gives out credentials and refuses", async () => {
    const token = "web-identity-token-0123456789";
    await using sts = await startServer((_request, response) => {
      const message = Buffer.from(`no ${token}`).toString("base64");
      response.writeHead(400, { "content-type": "text/xml" });
      response.end(
        `<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>${message} or ${token}</Message></Error></ErrorResponse>`,
      );
    });
    await using scene = await ec2Scene();
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "token"), `${token}\n`);
    const environment = {
      ...NO_KEYS,
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_CONFIG_FILE: join(folder.path, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "credentials"),
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder.path, "token"),
      AWS_ROLE_ARN: READER,
    };
    const onCall = () => undefined;
    const adapter = instrument(scene.open({ environment }), { clock: scene.clock, onCall });
    const { checks } = await resolveOn(adapter, scene.region);
    const said = JSON.stringify(checks);
    expect(sts.requests.map(({ body }) => body.includes(token))).toContain(true);
    expect(said).toContain("[redacted]");
    expect(scanFor({ token })(said)).toEqual([]);
  });
});
