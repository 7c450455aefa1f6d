import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  profileOf,
  serviceEndpoint,
} from "../../../../../adapters/aws/client/endpoint-provider.ts";
import { sharedFiles } from "../../../../../adapters/aws/client/shared-files.ts";
import type { SharedFiles } from "../../../../../adapters/aws/client/shared-files.ts";

const CONFIG = `
[default]
endpoint_url = http://default
[profile work]
services = work-services
endpoint_url = http://work
[profile lost]
services = nowhere
[profile odd]
endpoint_url = localhost
[services work-services]
ec2 =
  endpoint_url = http://work-ec2
`;

describe("the endpoint of a service", () => {
  let folder = "";
  let files: SharedFiles = { filepath: "", configFilepath: "" };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-endpoints-"));
    writeFileSync(join(folder, "config"), CONFIG);
    files = { filepath: join(folder, "credentials"), configFilepath: join(folder, "config") };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ["ec2", { AWS_ENDPOINT_URL_EC2: "http://own", AWS_ENDPOINT_URL: "http://all" }, "http://own"],
    ["sts", { AWS_ENDPOINT_URL_EC2: "http://own", AWS_ENDPOINT_URL: "http://all" }, "http://all"],
    ["ec2", { AWS_ENDPOINT_URL: "http://all", AWS_PROFILE: "work" }, "http://all"],
    ["ec2", { AWS_PROFILE: "work" }, "http://work-ec2"],
    ["sts", { AWS_PROFILE: "work" }, "http://work"],
    ["ec2", { AWS_ENDPOINT_URL: "" }, "http://default"],
    ["ec2", {}, "http://default"],
    ["ec2", { AWS_PROFILE: "lost" }, null],
    ["ec2", { AWS_PROFILE: "__proto__" }, null],
    ["ec2", { AWS_ENDPOINT_URL: "http://a", AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }, null],
  ] as const)("%s with %j is %s", async (service, environment, endpoint) => {
    expect(await serviceEndpoint(service, environment, files)).toBe(endpoint);
  });

  it.each([
    [{ AWS_ENDPOINT_URL: "127.0.0.1:4566" }, /^AWS_ENDPOINT_URL: /],
    [{ AWS_ENDPOINT_URL_EC2: "file:///etc" }, /^AWS_ENDPOINT_URL_EC2: /],
    [{ AWS_PROFILE: "odd" }, /^profile odd in .*config: /],
  ])("with %j is refused", async (environment, message) => {
    await expect(serviceEndpoint("ec2", environment, files)).rejects.toMatchObject({
      reason: "CLOUD_ENDPOINT_INVALID",
      message: expect.stringMatching(message),
    });
  });
});

it("the shared files are the user's, unless the environment names others", () => {
  expect(sharedFiles({}, "/home/me")).toEqual({
    filepath: "/home/me/.aws/credentials",
    configFilepath: "/home/me/.aws/config",
  });
  const named = { AWS_SHARED_CREDENTIALS_FILE: "/a", AWS_CONFIG_FILE: "/b" };
  expect(sharedFiles(named, "/home/me")).toEqual({ filepath: "/a", configFilepath: "/b" });
});

it("the profile is the environment's, else the default profile", () => {
  expect(profileOf({ AWS_PROFILE: "work" })).toBe("work");
  expect(profileOf({ AWS_PROFILE: "" })).toBe("default");
});
