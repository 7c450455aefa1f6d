import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AwsEnvironment } from "../../adapters/aws/index.ts";
import { systemClock } from "../../src/host/system-clock.ts";
import { EC2_ACCOUNT } from "../support/ec2-launch.ts";
import { ec2Scene, failures, REGION } from "../support/ec2-resolve.ts";
import { scratchFolder } from "../support/scratch.ts";
import { watchConsole } from "../support/watch-console.ts";
import { startServer } from "../unit/oci/support/http-server.ts";

const ROLE = `arn:aws:iam::${EC2_ACCOUNT}:role/launcher`;
const KEYS = `aws_access_key_id = ${EC2_ACCOUNT}\naws_secret_access_key = example\n`;

/** An environment without keys, whose configuration file has this text. */
function configured(folder: string, config: string): AwsEnvironment {
  writeFileSync(join(folder, "config"), config);
  return {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_CONFIG_FILE: join(folder, "config"),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
  };
}

describe("the clients that the SDK's credential sources use", () => {
  it.each([
    ["no region", ""],
    ["another region", "region = eu-west-1\n"],
  ])(
    "assume a profile's role in the placement's region, with %s in the profile",
    async (_, line) => {
      const printed = watchConsole();
      await using scene = await ec2Scene({ clock: systemClock });
      using folder = scratchFolder();
      const config = `[profile base]\n${KEYS}[profile work]\n${line}role_arn = ${ROLE}\nsource_profile = base\n`;
      const environment = { ...configured(folder.path, config), AWS_PROFILE: "work" };
      const { checks } = await scene.resolve({ environment });
      expect(failures(checks)).toEqual({});
      const assumed = scene.ec2.requests.filter(({ action }) => action === "AssumeRole");
      expect(assumed.map(({ region }) => region)).toEqual([REGION]);
      expect(printed).toEqual([]);
    },
  );

  it("use the profile although keys are set too, with a warning of Slipway's own", async () => {
    const printed = watchConsole();
    await using scene = await ec2Scene({ clock: systemClock });
    using folder = scratchFolder();
    const environment = {
      ...configured(folder.path, `[profile work]\n${KEYS}`),
      AWS_PROFILE: "work",
      AWS_ACCESS_KEY_ID: "999999999999",
      AWS_SECRET_ACCESS_KEY: "other",
    };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    expect(checks).toContainEqual(
      expect.objectContaining({
        name: "credentials.source",
        outcome: "warning",
        message: "both AWS_PROFILE (work) and AWS_ACCESS_KEY_ID are set: the profile is used",
      }),
    );
    expect(new Set(scene.ec2.requests.map(({ accessKeyId }) => accessKeyId))).toEqual(
      new Set([EC2_ACCOUNT]),
    );
    expect(printed).toEqual([]);
  });

  it("assume a chain of roles there", async () => {
    await using scene = await ec2Scene({ clock: systemClock });
    using folder = scratchFolder();
    const config =
      `[profile base]\n${KEYS}` +
      `[profile middle]\nregion = eu-west-1\nrole_arn = ${ROLE}-1\nsource_profile = base\n` +
      `[profile work]\nrole_arn = ${ROLE}-2\nsource_profile = middle\n`;
    const environment = { ...configured(folder.path, config), AWS_PROFILE: "work" };
    const { checks } = await scene.resolve({ environment });
    expect(failures(checks)).toEqual({});
    const assumed = scene.ec2.requests.filter(({ action }) => action === "AssumeRole");
    expect(assumed.map(({ region, parameters }) => [region, parameters["RoleArn"]])).toEqual([
      [REGION, `${ROLE}-1`],
      [REGION, `${ROLE}-2`],
    ]);
  });

  it("exchange a web identity at the configured endpoint of STS", async () => {
    const printed = watchConsole();
    await using sts = await startServer((_request, response) => {
      response.writeHead(403, { "content-type": "text/xml" });
      response.end(
        "<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message></Error></ErrorResponse>",
      );
    });
    await using scene = await ec2Scene();
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "token"), "token-of-the-pod");
    const environment = {
      ...configured(folder.path, ""),
      AWS_ENDPOINT_URL_STS: sts.url,
      AWS_WEB_IDENTITY_TOKEN_FILE: join(folder.path, "token"),
      AWS_ROLE_ARN: ROLE,
    };
    const { checks } = await scene.resolve({ environment });
    const failed = checks.filter(({ outcome }) => outcome === "failed");
    expect(failed.map(({ name, reason }) => [name, reason])).toEqual([
      ["cloud.credentials", "CLOUD_PERMISSION_DENIED"],
    ]);
    expect(failed[0]?.message).toBe(
      `AssumeRoleWithWebIdentity in ${REGION} (role ${ROLE}): AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity`,
    );
    expect(scene.ec2.requests).toEqual([]);
    expect(printed).toEqual([]);
  });
});
