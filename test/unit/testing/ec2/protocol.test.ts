import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { Ec2Fake } from "../../../../testing/ec2/index.ts";
import { codeOf, subject } from "./support.ts";

const SIGNATURE = "0".repeat(64);

interface Parts {
  readonly scope?: string;
  readonly signedHeaders?: string;
  readonly date?: string;
  readonly authorization?: string | null;
  readonly method?: string;
  readonly path?: string;
  readonly contentType?: string;
}

/** Sends a handwritten request. Returns the status, the error code and the text of the answer. */
async function ask(ec2: Ec2Fake, form: string, parts: Parts = {}) {
  const {
    scope = "test/20260101/us-east-1/ec2/aws4_request",
    signedHeaders = "host;x-amz-date",
    date = "20260101T000000Z",
    method = "POST",
    path = "/",
    contentType = "application/x-www-form-urlencoded; charset=utf-8",
  } = parts;
  const authorization =
    parts.authorization === undefined
      ? `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=${signedHeaders}, Signature=${SIGNATURE}`
      : parts.authorization;
  const isPost = method === "POST";
  const response = await fetch(`${ec2.url}${path}${isPost ? "" : `?${form}`}`, {
    method,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      "x-amz-date": date,
      ...(isPost ? { "content-type": contentType } : {}),
    },
    ...(isPost ? { body: form } : {}),
  });
  const text = await response.text();
  return { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? null, text };
}

const LIST = "Action=DescribeRegions&Version=2016-11-15";

describe("the Query protocol", () => {
  it("answers POST and GET in EC2's XML", async () => {
    await using it = await subject();
    for (const method of ["POST", "GET"]) {
      const answer = await ask(it.ec2, LIST, { method });
      expect(answer.status).toBe(200);
      expect(answer.text).toContain(
        '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>',
      );
      expect(answer.text).toContain("<regionInfo><item><regionName>us-east-1</regionName>");
    }
  });

  it("answers STS calls, and their errors, in the XML of STS", async () => {
    await using it = await subject();
    const scope = "test/20260101/us-east-1/sts/aws4_request";
    const good = await ask(it.ec2, "Action=GetCallerIdentity&Version=2011-06-15", { scope });
    expect(good.text).toContain(
      "<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>",
    );
    expect(good.text).toContain("<ResponseMetadata><RequestId>");
    const bad = await ask(it.ec2, "Action=Nothing&Version=2011-06-15", { scope });
    expect(bad.text).toContain("<Error><Type>Sender</Type><Code>InvalidAction</Code>");
  });

  it("formats errors as EC2 does", async () => {
    await using it = await subject();
    const { text } = await ask(it.ec2, "Action=Nothing&Version=2016-11-15");
    expect(text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<Response><Errors><Error><Code>InvalidAction<\/Code><Message>The action Nothing is not valid for this web service.<\/Message><\/Error><\/Errors><RequestID>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}<\/RequestID><\/Response>$/,
    );
  });

  it.each<readonly [string, string, Parts, number, string]>([
    ["no signature", LIST, { authorization: null }, 403, "MissingAuthenticationToken"],
    ["another scheme", LIST, { authorization: "Bearer x" }, 400, "IncompleteSignature"],
    ["a short scope", LIST, { scope: "test/20260101/us-east-1/ec2" }, 400, "IncompleteSignature"],
    ["a host left out", LIST, { signedHeaders: "x-amz-date" }, 400, "IncompleteSignature"],
    ["a date left out", LIST, { signedHeaders: "host" }, 400, "IncompleteSignature"],
    ["an invalid date", LIST, { date: "yesterday" }, 400, "IncompleteSignature"],
    ["another day", LIST, { date: "20260102T000000Z" }, 403, "SignatureDoesNotMatch"],
    [
      "another service",
      LIST,
      { scope: "test/20260101/us-east-1/s3/aws4_request" },
      403,
      "SignatureDoesNotMatch",
    ],
    [
      "an unknown region",
      LIST,
      { scope: "test/20260101/mars-north-1/ec2/aws4_request" },
      401,
      "AuthFailure",
    ],
    [
      "temporary credentials of another account",
      LIST,
      { scope: "ASIAXXXXXXXXXXXXXXXX/20260101/us-east-1/ec2/aws4_request" },
      401,
      "AuthFailure",
    ],
    ["no action", "Version=2016-11-15", {}, 400, "MissingAction"],
    ["no version", "Action=DescribeRegions", {}, 400, "MissingParameter"],
    ["another version", "Action=DescribeRegions&Version=2006-06-26", {}, 400, "NoSuchVersion"],
    ["an action of STS", "Action=GetCallerIdentity&Version=2016-11-15", {}, 400, "InvalidAction"],
    ["an unknown parameter", `${LIST}&Colour=red`, {}, 400, "UnknownParameter"],
    ["an unknown member", `${LIST}&Filter.1.Colour=red`, {}, 400, "UnknownParameter"],
    ["a list without numbers", `${LIST}&RegionName=us-east-1`, {}, 400, "UnknownParameter"],
    ["a list that starts at zero", `${LIST}&RegionName.0=us-east-1`, {}, 400, "UnknownParameter"],
    ["a value and a branch", `${LIST}&AllRegions=true&AllRegions.X=1`, {}, 400, "UnknownParameter"],
    ["an invalid boolean", `${LIST}&DryRun=maybe`, {}, 400, "InvalidParameterValue"],
    [
      "a duplicate parameter",
      `${LIST}&AllRegions=true&AllRegions=true`,
      {},
      400,
      "InvalidParameter",
    ],
    ["the name of an object's prototype", `${LIST}&__proto__.x=1`, {}, 400, "UnknownParameter"],
    ["a filter without a name", `${LIST}&Filter.1.Value.1=x`, {}, 400, "MissingParameter"],
    ["JSON", "{}", { contentType: "application/json" }, 400, "InvalidAction"],
    ["another path", LIST, { path: "/x" }, 404, "InvalidAction"],
    ["another method", LIST, { method: "PUT" }, 405, "InvalidAction"],
    ["a huge body", `${LIST}&X=${"x".repeat(1_100_000)}`, {}, 413, "RequestEntityTooLarge"],
  ])("rejects %s", async (_name, form, parts, status, code) => {
    await using it = await subject();
    const answer = await ask(it.ec2, form, parts);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it("records every request with its caller and its outcome", async () => {
    await using it = await subject();
    await it
      .clientFor({ region: "eu-west-1", accessKeyId: "123456789012" })
      .send(new DescribeInstancesCommand({ MaxResults: 5 }));
    await codeOf(it.client.send(new DescribeInstancesCommand({ MaxResults: 1 })));
    await ask(it.ec2, LIST, { authorization: null });
    expect(it.ec2.requests).toEqual([
      {
        service: "ec2",
        action: "DescribeInstances",
        region: "eu-west-1",
        account: "123456789012",
        accessKeyId: "123456789012",
        parameters: { MaxResults: "5" },
        isDryRun: false,
        isRead: true,
        status: 200,
        code: null,
      },
      expect.objectContaining({
        account: "000000000000",
        status: 400,
        code: "InvalidParameterValue",
      }),
      expect.objectContaining({ action: null, status: 403, code: "MissingAuthenticationToken" }),
    ]);
  });
});
