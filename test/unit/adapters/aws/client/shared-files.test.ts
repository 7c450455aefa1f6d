import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentCredentials } from "../../../../../adapters/aws/client/credentials.ts";
import { serviceEndpoint } from "../../../../../adapters/aws/client/endpoint-provider.ts";
import { sharedFiles } from "../../../../../adapters/aws/client/shared-files.ts";
import { chainOptions } from "../../../../support/aws-chain.ts";
import { makePipe } from "../../../../support/pipe.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

/** The files that the SDK reads, by the variable that names each. */
const NAMED = [
  ["AWS_CONFIG_FILE", ""],
  ["AWS_SHARED_CREDENTIALS_FILE", ""],
  ["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE "],
  ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE "],
] as const;

describe("a pipe among the files that AWS's SDK reads", () => {
  it.each(NAMED)("%s is refused without a wait for credentials", async (variable, origin) => {
    using home = scratchFolder();
    const path = makePipe(join(home.path, "pipe"));
    const environment = { [variable]: path };
    const files = sharedFiles(environment, home.path);
    await expect(environmentCredentials(chainOptions(environment, files))()).rejects.toMatchObject({
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: `${origin}${path} cannot be read: it is a pipe, not a regular file`,
    });
  });

  it("is refused without a wait for the endpoint", async () => {
    using home = scratchFolder();
    const path = makePipe(join(home.path, "pipe"));
    const files = sharedFiles({ AWS_CONFIG_FILE: path }, home.path);
    await expect(serviceEndpoint("ec2", {}, files)).rejects.toMatchObject({
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: `${path} cannot be read: it is a pipe, not a regular file`,
    });
  });
});

describe("a token in the place of its file's path", () => {
  const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzZWNyZXQifQ.c2lnbmF0dXJl";

  it.each(["AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])(
    "is not printed: %s",
    async (variable) => {
      const environment = { [variable]: TOKEN };
      const files = sharedFiles(environment, "/nowhere");
      const search = environmentCredentials(chainOptions(environment, files))();
      await expect(search).rejects.toMatchObject({
        reason: "CLOUD_CONFIGURATION_INVALID",
        message: `${variable} holds a token instead of the path of its file`,
      });
    },
  );

  it("is not printed from a profile either", async () => {
    using home = scratchFolder();
    const files = sharedFiles({ AWS_CONFIG_FILE: join(home.path, "config") }, home.path);
    const role = "role_arn = arn:aws:iam::123456789012:role/r";
    writeFileSync(
      files.configFilepath,
      `[profile work]\n${role}\nweb_identity_token_file = ${TOKEN}\n`,
    );
    const search = environmentCredentials(chainOptions({ AWS_PROFILE: "work" }, files))();
    await expect(search).rejects.toMatchObject({
      message:
        "web_identity_token_file of profile work holds a token instead of the path of its file",
    });
  });
});

describe("the null device", () => {
  it("counts as an empty configuration, as in AWS's own tools", async () => {
    const files = { filepath: "/dev/null", configFilepath: "/dev/null" };
    expect(await serviceEndpoint("ec2", {}, files)).toBe(null);
  });
});
