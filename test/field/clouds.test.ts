/** What people reported of EC2 and Compute Engine, played through the command line. See docs/field-reports.md. */
import { createServer } from "node:http";
import { join } from "node:path";
import {
  DescribeImagesCommand,
  DescribeVolumesCommand,
  EC2Client,
  RegisterImageCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { listen, stopServer } from "../../testing/server/http-server.ts";
import { scratchCatalog } from "../cli/support/scratch-catalog.ts";
import type { CommandResult } from "../cli/support/command-line.ts";
import { printedError } from "../cli/support/printed-error.ts";
import { ec2Case, gceCase } from "./support/cloud-scene.ts";
import { fixtureFolder, setRecords } from "./support/fixtures.ts";
import { jsonReply } from "./support/relay.ts";
import type { RelayedReply, RelayedRequest } from "./support/relay.ts";

const SUPPORT = join(import.meta.dirname, "support");
const TWENTY_MINUTES = 20 * 60_000;

const plan = z.looseObject({
  candidates: z.array(
    z.looseObject({ place: z.string(), verdict: z.string(), reason: z.string().nullable() }),
  ),
  checks: z.array(z.looseObject({ name: z.string(), outcome: z.string(), message: z.string() })),
});
const spawn = z.looseObject({
  state: z.string(),
  machine: z.looseObject({ place: z.string() }).nullable(),
});

interface Played {
  run(...argv: readonly string[]): Promise<CommandResult>;
}

async function resolved(at: Played) {
  const { exitCode, stdout, stderr } = await at.run("resolve", "w", "-o", "json");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return plan.parse(JSON.parse(stdout));
}

async function spawned(at: Played) {
  const { exitCode, stdout, stderr } = await at.run("spawn", "w", "-o", "json");
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return spawn.parse(JSON.parse(stdout));
}

describe("EC2", () => {
  it("launches on demand once the account's spot quota is used up", async () => {
    await using at = await ec2Case("cloud/01-spot-quota-then-on-demand");
    expect(await spawned(at)).toMatchObject({ state: "running" });
    const markets = at.relay.requests
      .filter(({ form }) => form.get("Action") === "RunInstances" && !form.has("DryRun"))
      .map(({ form }) => form.get("InstanceMarketOptions.MarketType") ?? "on-demand");
    expect(markets).toEqual(["spot", "on-demand"]);
  });

  it("launches when the new instance profile has its role", async () => {
    await using at = await ec2Case("cloud/02-profile-without-role");
    expect(await spawned(at)).toMatchObject({ state: "running" });
    expect(at.ec2.region("us-east-1").instances()).toHaveLength(1);
  });

  it("removes volumes that the image would keep", async () => {
    await using at = await ec2Case("cloud/03-volume-left-behind", {
      replace: imageThatKeepsVolumes,
    });
    expect(await spawned(at)).toMatchObject({ state: "running" });
    const list = JSON.parse((await at.run("list", "--all", "-o", "json")).stdout) as [
      { spawn_id: string },
    ];
    const { exitCode } = await at.run("terminate", list[0].spawn_id);
    expect(exitCode).toBe(0);
    const client = ec2Client(at.ec2.url);
    await expect
      .poll(async () => (await client.send(new DescribeVolumesCommand())).Volumes)
      .toEqual([]);
    client.destroy();
  });

  it("names the image whose marketplace terms are not accepted", async () => {
    await using at = await ec2Case("cloud/04-marketplace-terms");
    for (const command of ["resolve", "spawn"]) {
      const ran = await at.run(command, "w", "-o", "json");
      expect(ran.exitCode).not.toBe(0);
      const { message, remedy, blast_radius: radius } = printedError(ran);
      expect(radius).toBe("image");
      expect(message).toContain("https://aws.amazon.com/marketplace/pp?sku=abc123example");
      expect(remedy).toMatch(/terms/u);
      expect(remedy).not.toMatch(/Grant|decode|role/u);
    }
  });

  it("asks only the STS of the placement's partition", async () => {
    using catalog = scratchCatalog();
    const name = "cloud/05-web-identity-other-partition";
    await setRecords(catalog, name);
    const folder = fixtureFolder(name);
    const token = join(folder, "token");
    const webIdentity = (partition: string) => ({
      AWS_WEB_IDENTITY_TOKEN_FILE: token,
      AWS_ROLE_ARN: `arn:${partition}:iam::123456789012:role/launcher`,
    });
    const assumed = { AWS_CONFIG_FILE: join(folder, "config"), AWS_PROFILE: "assumed" };
    const cases = [
      ["w-cn", webIdentity("aws-cn"), "sts.cn-north-1.amazonaws.com.cn"],
      ["w-gov", webIdentity("aws-us-gov"), "sts.us-gov-west-1.amazonaws.com"],
      ["w-cn", assumed, "sts.cn-north-1.amazonaws.com.cn"],
    ] as const;
    for (const [workspace, environment, host] of cases) {
      const { stderr } = await catalog.runProcess(["resolve", workspace, "-o", "json"], {
        nodeArguments: ["--import", join(SUPPORT, "record-lookups.mjs")],
        environment: { AWS_EC2_METADATA_DISABLED: "true", ...environment },
      });
      const names = [...stderr.matchAll(/^lookup (.*)$/gmu)].map(([, found]) => found);
      expect([...new Set(names)]).toEqual([host]);
    }
  });

  it("corrects a local clock that is wrong", async () => {
    await using at = await ec2Case("cloud/10-clock-skew", {
      answer: refuseOldSignature,
      headers: () => ({ date: aheadOfTime().toUTCString() }),
    });
    const { exitCode, stderr } = await at.runProcess(["resolve", "w", "-o", "json"]);
    if (exitCode === 0) return;
    expect(printedError({ stderr }).message).toMatch(/clock/u);
  });

  it("rejects only the zone that refuses in the dry run", async () => {
    await using at = await ec2Case("cloud/11-unsupported-in-the-first-zone");
    expect((await resolved(at)).candidates).toMatchObject([
      { place: "us-east-1a", verdict: "rejected" },
      { place: "us-east-1b", verdict: "eligible" },
    ]);
    expect((await spawned(at)).machine).toMatchObject({ place: "us-east-1b" });
  });

  it("is asked with an assumed role without a word from the SDK", async () => {
    await using at = await ec2Case("cloud/12-assumed-role-warnings", { credentials: false });
    const config = join(fixtureFolder("cloud/12-assumed-role-warnings"), "config");
    const environment = { AWS_CONFIG_FILE: config, AWS_PROFILE: "launcher" };
    const { exitCode, stderr } = await at.runProcess(["resolve", "w", "--quiet", "-o", "json"], {
      environment,
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

describe("Compute Engine", () => {
  it("launches machines with accelerators that end when their host is maintained", async () => {
    await using at = await gceCase("cloud/06-gpu-on-host-maintenance", { answer: withAccelerator });
    expect(await spawned(at)).toMatchObject({ state: "running" });
    const insert = at.relay.requests.find(isInsert);
    expect(JSON.parse(insert?.body ?? "")).toMatchObject({
      scheduling: { onHostMaintenance: "TERMINATE" },
    });
  });

  it("launches in the other zone if a location policy closes one", async () => {
    await using at = await gceCase("cloud/07-location-policy-zone", { answer: closedZone });
    const { candidates, checks } = await resolved(at);
    expect(candidates).toMatchObject([
      { place: "us-central1-c", verdict: "rejected" },
      { place: "us-central1-a", verdict: "eligible" },
    ]);
    expect(
      checks.filter(({ outcome }) => outcome === "warning").map(({ message }) => message),
    ).toContainEqual(expect.stringContaining("us-central1-c"));
    expect((await spawned(at)).machine).toMatchObject({ place: "us-central1-a" });
  });

  it("refuses a disk type that the machine series does not take", async () => {
    await using at = await gceCase("cloud/08-disk-type-of-the-series", { answer: hyperdiskOnly() });
    const ran = await at.run("spawn", "w", "-o", "json");
    expect(ran.exitCode).not.toBe(0);
    const { message, remedy } = printedError(ran);
    expect(`${message} ${remedy}`).toMatch(/disk/u);
    expect(remedy).not.toMatch(/zone/u);
    expect(at.relay.requests.filter(isInsert).length).toBeLessThanOrEqual(1);
  });

  it("is asked on the quota project of the credential file", async () => {
    await using oauth = await startTokenService();
    const name = "cloud/09-quota-project";
    await using at = await gceCase(name, { credentials: false });
    const { exitCode, stderr } = await at.runProcess(["resolve", "w", "-o", "json"], {
      nodeArguments: ["--import", join(SUPPORT, "local-oauth.mjs")],
      environment: {
        FIELD_OAUTH_PORT: String(oauth.port),
        GOOGLE_APPLICATION_CREDENTIALS: join(fixtureFolder(name), "credential.json"),
      },
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    const projects = at.relay.requests.map(({ headers }) => headers["x-goog-user-project"]);
    expect([...new Set(projects)]).toEqual(["billing-1"]);
  });
});

function ec2Client(endpoint: string): EC2Client {
  const credentials = { accessKeyId: "000000000000", secretAccessKey: "x" };
  return new EC2Client({ endpoint, region: "us-east-1", credentials });
}

/** Registers an image whose root and data volumes outlive their machine. */
async function imageThatKeepsVolumes({ url }: { readonly url: string }) {
  const client = ec2Client(url);
  const { Images: [base] = [] } = await client.send(new DescribeImagesCommand({}));
  const SnapshotId = base?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  const { ImageId: id = "" } = await client.send(
    new RegisterImageCommand({
      Name: "kept-volumes",
      Architecture: "x86_64",
      VirtualizationType: "hvm",
      RootDeviceName: "/dev/sda1",
      EnaSupport: true,
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Ebs: { SnapshotId, DeleteOnTermination: false } },
        { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 50, DeleteOnTermination: false } },
      ],
    }),
  );
  client.destroy();
  return { "ami-01768cba48dd594ad": id };
}

function aheadOfTime(): Date {
  return new Date(Date.now() + TWENTY_MINUTES);
}

/** EC2 answers an old signature as it answers a wrong key; STS says what is wrong. */
function refuseOldSignature({ headers }: RelayedRequest): RelayedReply | null {
  const signed = headers["x-amz-date"];
  if (typeof signed !== "string") return null;
  const iso = signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, "$1-$2-$3T$4:$5:$6Z");
  const now = aheadOfTime();
  if (Math.abs(Date.parse(iso) - now.getTime()) < 5 * 60_000) return null;
  const type = { "content-type": "text/xml;charset=UTF-8" };
  if (headers.authorization?.includes("/sts/") === true) {
    const present = now.toISOString().replaceAll(/[-:]|\.\d+/gu, "");
    return {
      status: 403,
      headers: type,
      body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>Signature expired: ${signed} is now earlier than ${present}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
    };
  }
  return {
    status: 401,
    headers: type,
    body: `<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>AuthFailure</Code><Message>AWS was not able to validate the provided access credentials</Message></Error></Errors><RequestID>1</RequestID></Response>`,
  };
}

function isInsert({ method, path }: RelayedRequest): boolean {
  return method === "POST" && /\/instances(?:\?|$)/u.test(path);
}

function zoneOf({ path }: RelayedRequest): string {
  return /\/zones\/([^/]+)\//u.exec(path)?.[1] ?? "";
}

function machineType(
  zone: string,
  type: { readonly name: string; readonly [member: string]: unknown },
) {
  return {
    kind: "compute#machineType",
    id: "804004",
    zone,
    architecture: "X86_64",
    selfLink: `https://www.googleapis.com/compute/v1/projects/agents-1/zones/${zone}/machineTypes/${type.name}`,
    ...type,
  };
}

/** G2 has an accelerator, and Compute Engine does not move such a machine to another host. */
function withAccelerator(request: RelayedRequest): RelayedReply | null {
  if (request.method === "GET" && request.path.includes("/machineTypes/g2-standard-4"))
    return jsonReply(
      200,
      machineType(zoneOf(request), {
        name: "g2-standard-4",
        guestCpus: 4,
        memoryMb: 16_384,
        accelerators: [{ guestAcceleratorType: "nvidia-l4", guestAcceleratorCount: 1 }],
      }),
    );
  if (!isInsert(request)) return null;
  const { scheduling } = JSON.parse(request.body) as {
    readonly scheduling?: { readonly onHostMaintenance?: string };
  };
  if (scheduling?.onHostMaintenance === "TERMINATE") return null;
  const message = "Instances with guest accelerators do not support live migration.";
  const errors = [{ message, domain: "global", reason: "badRequest" }];
  return jsonReply(400, { error: { code: 400, message, errors } });
}

/** Google answers 403 for everything in a zone that an organization's policy closes. */
function closedZone({ path }: RelayedRequest): RelayedReply | null {
  const zone = "us-central1-c";
  if (!path.includes(`/zones/${zone}`)) return null;
  const message = `Permission denied on 'locations/${zone}' (or it may not exist).`;
  const details = [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "LOCATION_POLICY_VIOLATED",
      domain: "googleapis.com",
      metadatas: { consumer: "projects/agents-1", location: zone },
    },
  ];
  const errors = [{ message, domain: "global", reason: "forbidden" }];
  return jsonReply(403, {
    error: { code: 403, message, status: "PERMISSION_DENIED", errors, details },
  });
}

/** N4 boots only from Hyperdisk: Compute Engine accepts another insert, and its operation fails. */
function hyperdiskOnly() {
  const operations = new Map<string, object>();
  return (request: RelayedRequest): RelayedReply | null => {
    const zone = zoneOf(request);
    if (request.method === "GET" && request.path.includes("/machineTypes/n4-standard-2"))
      return jsonReply(
        200,
        machineType(zone, { name: "n4-standard-2", guestCpus: 2, memoryMb: 8192 }),
      );
    if (isInsert(request)) {
      const name = `operation-${zone}`;
      const operation = {
        kind: "compute#operation",
        id: "77",
        name,
        zone: `https://www.googleapis.com/compute/v1/projects/agents-1/zones/${zone}`,
        operationType: "insert",
      };
      const message = "[pd-balanced] features are not compatible for creating instance.";
      operations.set(name, {
        ...operation,
        status: "DONE",
        progress: 100,
        httpErrorStatusCode: 400,
        httpErrorMessage: "BAD REQUEST",
        error: { errors: [{ code: "UNSUPPORTED_OPERATION", message }] },
      });
      return jsonReply(200, { ...operation, status: "RUNNING", progress: 0 });
    }
    const asked = /\/operations\/(operation-[a-z0-9-]+)/u.exec(request.path)?.[1] ?? "";
    const known = operations.get(asked);
    return known === undefined ? null : jsonReply(200, known);
  };
}

async function startTokenService() {
  const token = { access_token: "user-token", expires_in: 3600, token_type: "Bearer" };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(token));
  });
  const port = await listen(server, "127.0.0.1", 0);
  return { port, [Symbol.asyncDispose]: () => stopServer(server) };
}
