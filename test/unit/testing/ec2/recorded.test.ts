import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Ec2Fake, startEc2 } from "../../../../testing/ec2/index.ts";

const FIXTURES = join(import.meta.dirname, "../../../fixtures/ec2");

/** The element paths of a document, such as `Response/Errors/Error/Code`. */
function pathsOf(xml: string): ReadonlySet<string> {
  const paths = new Set<string>();
  const trail: string[] = [];
  for (const [, end, name, empty] of xml.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (end === "/") trail.pop();
    else {
      trail.push(name ?? "");
      paths.add(trail.join("/"));
      if (empty === "/") trail.pop();
    }
  }
  expect(trail).toEqual([]);
  return paths;
}

async function ask(ec2: Ec2Fake, parameters: Readonly<Record<string, string>>): Promise<string> {
  const scope = "test/20260101/us-east-1/ec2/aws4_request";
  const response = await fetch(ec2.url, {
    method: "POST",
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`,
      "x-amz-date": "20260101T000000Z",
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ Version: "2016-11-15", ...parameters }).toString(),
  });
  return response.text();
}

describe("a recorded reply of EC2", () => {
  it.each(["describe-images", "run-instances", "idempotent-parameter-mismatch"])(
    "has no element that the fake's reply lacks: %s",
    async (name) => {
      await using ec2 = await startEc2();
      const ImageId = ec2.region("us-east-1").images.x86_64;
      const launch = {
        Action: "RunInstances",
        ImageId,
        InstanceType: "t3.micro",
        ClientToken: "testclienttoken",
        MinCount: "1",
      };
      const replies: Readonly<Record<string, string>> = {
        "describe-images": await ask(ec2, { Action: "DescribeImages", "ImageId.1": ImageId }),
        "run-instances": await ask(ec2, { ...launch, MaxCount: "1" }),
        "idempotent-parameter-mismatch": await ask(ec2, { ...launch, MaxCount: "2" }),
      };
      const recorded = readFileSync(join(FIXTURES, `${name}.xml`), "utf8");
      const ours = pathsOf(replies[name] ?? "");
      expect([...pathsOf(recorded)].filter((path) => !ours.has(path))).toEqual([]);
    },
  );
});
