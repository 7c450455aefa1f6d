import { describe, expect, it } from "vitest";
import { EC2_ACCOUNT, ec2Launch, ec2Plan, ec2World } from "../support/ec2-launch.ts";
import { ec2Scene, failures } from "../support/ec2-resolve.ts";
import { startServer } from "../unit/oci/support/http-server.ts";
import type { HttpServer } from "../unit/oci/support/http-server.ts";

const MINUTE = 60_000;
/** AWS accepts a signature for five minutes before and after its time. */
const TOLERANCE = 5 * MINUTE;

/**
 * A cloud whose clock differs from this machine's: it refuses as EC2 and STS do, and passes good requests on.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
 */
async function startSkewed(
  upstream: string,
  { ahead, dated = true }: { readonly ahead: number; readonly dated?: boolean },
): Promise<HttpServer> {
  return await startServer(({ headers, body }, response) => {
    const now = new Date(Date.now() + ahead);
    response.sendDate = false;
    const date = dated ? { date: now.toUTCString() } : {};
    const signed = `${headers["x-amz-date"]?.toString()}`;
    if (Math.abs(timeOf(signed) - now.getTime()) >= TOLERANCE) {
      const isSts = `${headers.authorization}`.includes("/sts/");
      response.writeHead(isSts ? 403 : 401, { "content-type": "text/xml", ...date });
      response.end(isSts ? stsRefusal(signed) : EC2_REFUSAL);
      return;
    }
    const kept = ["authorization", "content-type", "x-amz-date", "x-amz-security-token"];
    const passed = kept.map((name) => [name, headers[name]?.toString() ?? ""] as const);
    void fetch(upstream, {
      method: "POST",
      headers: passed.filter(([, value]) => value !== "").map(([name, value]) => [name, value]),
      body,
    }).then(async (reply) => {
      response.writeHead(reply.status, { "content-type": "text/xml", ...date });
      response.end(await reply.text());
    });
  });
}

function timeOf(signed: string): number {
  return Date.parse(
    signed.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
}

const EC2_REFUSAL =
  "<Response><Errors><Error><Code>AuthFailure</Code><Message>AWS was not able to validate the provided access credentials</Message></Error></Errors><RequestID>1</RequestID></Response>";

function stsRefusal(signed: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>SignatureDoesNotMatch</Code><Message>Signature expired: ${signed} is now earlier than AWS's time</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
}

function actionOf(body: string): string {
  return new URLSearchParams(body).get("Action") ?? "";
}

describe("a wrong clock of this machine", () => {
  it.each([
    ["behind", 20],
    ["ahead", -20],
  ])("%s AWS's is corrected by the date of the first refusal", async (_direction, minutes) => {
    await using scene = await ec2Scene();
    await using cloud = await startSkewed(scene.ec2.url, { ahead: minutes * MINUTE });
    const roleArn = `arn:aws:iam::${EC2_ACCOUNT}:role/launcher`;
    const environment = { AWS_ENDPOINT_URL: cloud.url };
    const { checks } = await scene.resolve({ environment, target: { roleArn } });
    expect(failures(checks)).toEqual({});
    const asked = cloud.requests.map(({ body }) => actionOf(body));
    expect(asked.filter((action) => action === "AssumeRole")).toHaveLength(2);
    expect(asked.filter((action) => action === "RunInstances")).toHaveLength(2);
  });

  it("does not stop a launch, whose second attempt has the same token", async () => {
    await using world = await ec2World();
    await using cloud = await startSkewed(world.ec2.url, { ahead: 20 * MINUTE });
    const { signal } = new AbortController();
    const launch = ec2Launch(ec2Plan(world.region));
    const [outcome] = await world.open({ url: cloud.url }).launch(launch, signal);
    expect(outcome).toMatchObject({ outcome: "accepted" });
    const launches = cloud.requests
      .map(({ body }) => new URLSearchParams(body))
      .filter((sent) => sent.get("Action") === "RunInstances");
    expect(launches).toHaveLength(2);
    expect(new Set(launches.map((sent) => sent.get("ClientToken"))).size).toBe(1);
  });

  it("is named as a possible cause if the refusal has no date", async () => {
    await using scene = await ec2Scene();
    await using cloud = await startSkewed(scene.ec2.url, { ahead: 20 * MINUTE, dated: false });
    const { checks } = await scene.resolve({ environment: { AWS_ENDPOINT_URL: cloud.url } });
    expect(failures(checks)).toMatchObject({ "cloud.credentials": "CLOUD_UNAUTHENTICATED" });
    const failed = checks.find(({ name }) => name === "cloud.credentials");
    expect(failed?.remedy).toContain("clock");
    expect(cloud.requests.filter(({ body }) => actionOf(body) === "DescribeImages")).toHaveLength(
      1,
    );
  });
});
