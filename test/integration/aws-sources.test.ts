import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { environmentCredentials } from "../../adapters/aws/client/credentials.ts";
import type { ChainOptions } from "../../adapters/aws/client/credentials.ts";
import { sharedFiles } from "../../adapters/aws/client/shared-files.ts";
import type { AwsEnvironment } from "../../adapters/aws/client/shared-files.ts";
import { chainOptions } from "../support/aws-chain.ts";
import { caughtError } from "../support/caught.ts";
import { scratchFolder } from "../support/scratch.ts";

const PRINTED = { Version: 1, AccessKeyId: "AKIAPROCESS", SecretAccessKey: "of-the-process" };

/** A search with this configuration file, whose profile is `work`. */
function searchIn(folder: string, config: string, options: Partial<ChainOptions> = {}) {
  const path = join(folder, "config");
  writeFileSync(path, config);
  const environment = {
    PATH: process.env["PATH"] ?? "",
    AWS_PROFILE: "work",
    AWS_CONFIG_FILE: path,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, "credentials"),
  };
  return searchWith(environment, folder, options);
}

function searchWith(
  environment: AwsEnvironment,
  home: string,
  options: Partial<ChainOptions> = {},
) {
  const unreached = () => Promise.reject(new Error("no role is assumed"));
  return environmentCredentials({
    ...chainOptions(environment, sharedFiles(environment, home)),
    inner: async () => ({
      clientConfig: {},
      roleAssumer: unreached,
      roleAssumerWithWebIdentity: unreached,
    }),
    ...options,
  });
}

function runsIn(folder: string): number {
  return readFileSync(join(folder, "runs"), "utf8").trim().split("\n").length;
}

/** A program for `credential_process`, which counts its runs in a file. */
function program(folder: string, script: string): string {
  const path = join(folder, "program.sh");
  writeFileSync(path, `#!/bin/sh\necho run >> ${join(folder, "runs")}\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const printing = (document: unknown) => `echo '${JSON.stringify(document)}'`;

describe("a credential_process", () => {
  it("may leave a process behind that holds its output open", async () => {
    using folder = scratchFolder();
    const path = program(folder.path, `sleep 20 &\n${printing(PRINTED)}`);
    const search = searchIn(folder.path, `[profile work]\ncredential_process = ${path}\n`);
    expect(await search()).toMatchObject({ accessKeyId: "AKIAPROCESS" });
  });

  it("runs again once its credentials are about to expire", async () => {
    using folder = scratchFolder();
    let now = Date.parse("2026-12-01T00:00:00Z");
    const document = { ...PRINTED, SessionToken: "token", Expiration: "2026-12-01T01:00:00Z" };
    const path = program(folder.path, printing(document));
    const config = `[profile work]\ncredential_process = ${path}\n`;
    const search = searchIn(folder.path, config, { now: () => now });
    expect(await search()).toMatchObject({
      sessionToken: "token",
      expiration: new Date(Date.parse(document.Expiration)),
    });
    await search();
    expect(runsIn(folder.path)).toBe(1);
    now += 56 * 60_000;
    await search();
    expect(runsIn(folder.path)).toBe(2);
  });

  it.each([
    ["exit 3", "the credential_process failed (exit 3)"],
    [
      "echo 'Please log in first' >&2; exit 1",
      "the credential_process failed (exit 1): Please log in first",
    ],
    ["echo secret-text", "the credential_process did not print credentials of Version 1 as JSON"],
    [
      printing({ ...PRINTED, Version: 2 }),
      "the credential_process did not print credentials of Version 1 as JSON",
    ],
  ])("that fails is run once, and reported in its own words: %s", async (script, why) => {
    using folder = scratchFolder();
    const path = program(folder.path, script);
    const search = searchIn(folder.path, `[profile work]\ncredential_process = ${path}\n`);
    const error = await caughtError(search);
    expect(error).toMatchObject({
      reason: "CLOUD_UNAUTHENTICATED",
      message: `profile work (AWS_PROFILE) has no usable AWS credentials: ${why}`,
      remedy: "Run the credential_process of profile work by itself, and correct what it reports.",
    });
    expect(runsIn(folder.path)).toBe(1);
  });

  it.each([
    ["of the profile", "[profile work]\ncredential_process = sleep 5\n"],
    [
      "of the profile's source",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n[profile base]\ncredential_process = sleep 5\n",
    ],
  ])("%s that does not end is given up", async (_whose, config) => {
    using folder = scratchFolder();
    const search = searchIn(folder.path, config, { searchMilliseconds: 50 });
    const error = await caughtError(search);
    expect(error).toMatchObject({ reason: "CLOUD_UNAUTHENTICATED" });
    expect(error.message).toContain("no source answered in time");
  });
});

describe("a profile that needs a person", () => {
  it.each([
    [
      "single sign-on whose session has ended",
      "[profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n" +
        "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n",
      "SSO session token associated with profile=work was not found",
      "Log in with `aws sso login --profile work`.",
    ],
    [
      "single sign-on of the role's source",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n" +
        "[profile base]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n" +
        "sso_account_id = 123456789012\nsso_role_name = admin\n",
      "The SSO session associated with this profile is invalid",
      "Log in with `aws sso login --profile base`.",
    ],
    [
      "a role with a code of a device",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = base\n" +
        "mfa_serial = arn:aws:iam::123456789012:mfa/me\n" +
        "[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n",
      "Profile work requires multi-factor authentication",
      "Slipway does not ask for the code of arn:aws:iam::123456789012:mfa/me. Use a profile with credential_process = aws configure export-credentials --profile work, or set the temporary keys that this command prints.",
    ],
    [
      "the session of aws login",
      "[profile work]\nlogin_session = arn:aws:iam::123456789012:user/me\nregion = eu-west-1\n",
      "Failed to load",
      "Log in with `aws login --profile work`.",
    ],
  ])("has a remedy with its own command: %s", async (_what, config, words, remedy) => {
    using home = scratchFolder();
    // For single sign-on the SDK looks for tokens and settings where the process's own variables say.
    vi.stubEnv("HOME", home.path);
    vi.stubEnv("AWS_CONFIG_FILE", join(home.path, "config"));
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await caughtError(searchIn(home.path, config));
    expect(error).toMatchObject({ reason: "CLOUD_UNAUTHENTICATED", remedy });
    expect(error.message).toContain(words);
  });
});

describe("keys of the shared files", () => {
  const keys = (id: string) =>
    `[profile work]\naws_access_key_id = ${id}\naws_secret_access_key = secret\naws_session_token = token\n`;

  it("are read again after a minute, because other programs replace them", async () => {
    using folder = scratchFolder();
    let time = Date.now();
    const search = searchIn(folder.path, keys("AKIAFIRST"), { now: () => time });
    expect(await search()).toMatchObject({
      accessKeyId: "AKIAFIRST",
      // The SDK asks for new ones five minutes before.
      expiration: new Date(time + 6 * 60_000),
    });
    writeFileSync(join(folder.path, "config"), keys("AKIASECOND"));
    time += 59_000;
    expect((await search()).accessKeyId).toBe("AKIAFIRST");
    time += 1_000;
    expect((await search()).accessKeyId).toBe("AKIASECOND");
  });

  it("are found in a profile that is corrected after a search", async () => {
    using folder = scratchFolder();
    const search = searchIn(folder.path, "[profile other]\nregion = eu-west-1\n");
    await expect(search()).rejects.toMatchObject({ reason: "CLOUD_UNAUTHENTICATED" });
    writeFileSync(join(folder.path, "config"), keys("AKIACORRECTED"));
    expect((await search()).accessKeyId).toBe("AKIACORRECTED");
  });
});

describe("a source that cannot be used", () => {
  it.each([
    [
      "a profile that does not exist",
      "[profile other]\nregion = eu-west-1\n",
      /neither .*config nor .*credentials has profile work$/,
      "Correct the name of profile work, or configure it.",
    ],
    [
      "a source_profile that does not exist",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = bse\n",
      /neither .*config nor .*credentials has profile bse$/,
      "Correct the name of profile bse, or configure it.",
    ],
    [
      "a session of single sign-on that does not exist",
      "[profile work]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = admin\n",
      /config has no sso-session corp, which profile work names$/,
      "Correct sso_session of profile work, or add the session with `aws configure sso-session`.",
    ],
    [
      "a role without a source",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\n",
      /profile work has role_arn, but no source_profile, credential_source or web_identity_token_file$/,
      expect.stringMatching(/^Correct profile work in .*config\.$/),
    ],
    [
      "an unknown source of a role",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\ncredential_source = Env\n",
      /credential_source of profile work is none of Ec2InstanceMetadata, EcsContainer, Environment$/,
      expect.stringMatching(/^Correct profile work in /),
    ],
    [
      "two roles that are each other's source",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nsource_profile = other\n" +
        "[profile other]\nrole_arn = arn:aws:iam::123456789012:role/o\nsource_profile = work\n",
      /source_profile of profile other leads back to profile work$/,
      expect.stringMatching(/^Correct profile other in /),
    ],
    [
      "a web identity without its token",
      "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /nowhere/token\n",
      /ENOENT: no such file or directory, open '\/nowhere\/token'$/,
      "Log in, set AWS_PROFILE to a working profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ],
  ])("is the cause that is reported: %s", async (_what, config, words, remedy) => {
    using folder = scratchFolder();
    const error = await caughtError(searchIn(folder.path, config));
    expect(error).toMatchObject({
      code: "UNAUTHENTICATED",
      reason: "CLOUD_UNAUTHENTICATED",
      retry: "never",
      remedy,
    });
    expect(error.message).toMatch(/^profile work \(AWS_PROFILE\) has no usable AWS credentials: /);
    expect(error.message).toMatch(words);
  });

  it("is the endpoint of the container, instead of a source that the SDK tries afterwards", async () => {
    using folder = scratchFolder();
    const address = "http://agent.example.com/v1/credentials";
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address);
    onTestFinished(() => void vi.unstubAllEnvs());
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: address,
      AWS_CONFIG_FILE: join(folder.path, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "credentials"),
    };
    const search = searchWith(environment, folder.path);
    expect(await caughtError(search)).toMatchObject({
      reason: "CLOUD_UNAUTHENTICATED",
      message:
        "the environment has no usable AWS credentials: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither an https address nor an http address of ECS, EKS or this machine",
      remedy: "Correct AWS_CONTAINER_CREDENTIALS_FULL_URI, or unset it to use other credentials.",
    });
  });

  it("is the token file of the container's endpoint", async () => {
    using folder = scratchFolder();
    const address = "http://127.0.0.1:1/v1/credentials";
    vi.stubEnv("AWS_CONTAINER_CREDENTIALS_FULL_URI", address);
    vi.stubEnv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/nowhere/token");
    onTestFinished(() => void vi.unstubAllEnvs());
    const environment = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: address,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/nowhere/token",
      AWS_CONFIG_FILE: join(folder.path, "config"),
      AWS_SHARED_CREDENTIALS_FILE: join(folder.path, "credentials"),
    };
    expect(await caughtError(searchWith(environment, folder.path))).toMatchObject({
      reason: "CLOUD_UNAUTHENTICATED",
      retry: "never",
      message:
        "the environment has no usable AWS credentials: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE /nowhere/token cannot be read: it does not exist (ENOENT)",
    });
  });

  it("is a setting that the SDK does not know", async () => {
    using folder = scratchFolder();
    vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    const error = await caughtError(searchIn(folder.path, "[profile work]\nregion = eu-west-1\n"));
    expect(error).toMatchObject({ reason: "CLOUD_UNAUTHENTICATED", retry: "never" });
    expect(error.message).toContain("Unsupported endpoint mode: IPv5");
  });
});
