import { chmodSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startEc2 } from "../../../testing/ec2/index.ts";
import { startGce } from "../../../testing/gce/index.ts";
import { startFakeEngine } from "../../support/fake-engine.ts";
import { runInMemory } from "./support/command-line.ts";
import {
  answer,
  checkOf,
  contentsOf,
  dockerPlacement,
  ec2Placement,
  gcePlacement,
  KEYS,
  scene,
  setSecret,
  TOKEN,
  setSchema,
} from "./support/doctor-scene.ts";

describe("slipway doctor", () => {
  it("has one line for each check, in a fixed order, and changes nothing", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    await using gce = await startGce();
    await using engine = await startFakeEngine();
    answer(engine);
    await at.write(async (slipway) => {
      await setSecret("TOKEN", "hidden-value")(slipway);
      await dockerPlacement(engine.host)(slipway);
      await ec2Placement()(slipway);
      await gcePlacement(slipway);
    });
    const environment = {
      ...KEYS,
      ...TOKEN,
      AWS_ENDPOINT_URL: ec2.url,
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    };
    const before = contentsOf(at.folder);
    const { exitCode, checks } = await at.doctor([], environment);
    expect(checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "database ok",
      "key ok",
      "engine ok",
      "registry ok",
      "aws ok",
      "gce ok",
      "clock ok",
      "versions ok",
    ]);
    expect(exitCode).toBe(0);
    const messages = Object.fromEntries(checks.map(({ name, message }) => [name, message]));
    expect(messages).toMatchObject({
      database: expect.stringMatching(
        /slipway\.db: schema catalog \d+, ledger \d+; write-ahead log$/,
      ),
      key: `key file ${at.key} opens all secrets (1)`,
      engine: `placement local: ${engine.host} (the placement's host): Docker 27.3.1 (API 1.47), linux/aarch64, rootless`,
      aws: "placement us-east: us-east-1: the launching credentials are arn:aws:iam::000000000000:root, of account 000000000000",
      gce: "placement central: project agents: the token in CLOUDSDK_AUTH_ACCESS_TOKEN, no quota project",
      clock: `this machine's clock agrees with that of the engine at ${engine.host}, 127.0.0.1, ${new URL(gce.url).host}`,
    });
    expect(contentsOf(at.folder)).toEqual(before);
    expect(ec2.requests.map(({ action }) => action)).toEqual(["GetCallerIdentity"]);
    expect(gce.requests.map(({ method }) => method)).toEqual(["GET"]);
  });

  it("expects nothing of what no record uses and nothing configures", async () => {
    using at = scene();
    const { exitCode, checks } = await at.doctor();
    expect(checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      "database warning",
      "key skipped",
      "engine skipped",
      "registry ok",
      "aws skipped",
      "gce skipped",
      "clock skipped",
      "versions ok",
    ]);
    expect(exitCode).toBe(0);
    expect(readdirSync(at.folder)).toEqual([]);
  });

  it("only warns of what is configured and unused", async () => {
    using at = scene();
    await at.write(async () => undefined);
    const { exitCode, checks } = await at.doctor([], {
      DOCKER_HOST: "unix:///nowhere/docker.sock",
      AWS_PROFILE: "gone",
      GOOGLE_APPLICATION_CREDENTIALS: join(at.folder, "missing.json"),
    });
    const found = ["engine", "aws", "gce"].map((name) => checkOf(checks, name));
    expect(found.map((check) => check?.outcome)).toEqual(["warning", "warning", "warning"]);
    expect(exitCode).toBe(0);
  });

  it("prints the fix below each finding, and a sum, within the width of a terminal", async () => {
    using at = scene();
    await at.write(setSecret("TOKEN", "x"));
    chmodSync(at.key, 0o644);
    const text = await at.text([]);
    expect(text).toContain(
      `problem  key       key file ${at.key} can be read or written by users other than its owner\n` +
        `                   Run \`chmod 600 ${at.key}\`; if others may have read it, create a new key and set the secrets again.\n`,
    );
    expect(text).toMatch(/\n\n1 problem\n$/u);
    const narrow = await runInMemory(["doctor", "--database", at.database], {
      environment: { HOME: at.folder, NO_COLOR: "" },
      stdoutIsTerminal: true,
      columns: 40,
    });
    expect(narrow.stdout).toContain("\u001b[31mproblem\u001b[39m  key ");
    expect(narrow.stdout).toContain(
      "\n    can be read or written by users\n    other than its owner\n",
    );
  });
});

describe("slipway doctor --placement", () => {
  it("does not know the placement", async () => {
    using at = scene();
    await at.write(ec2Placement());
    const ran = await runInMemory(["doctor", "--placement", "us-eat", "--database", at.database], {
      environment: { HOME: at.folder },
    });
    expect(ran).toMatchObject({ exitCode: 4, stdout: "" });
    expect(ran.stderr).toContain("Did you mean placement us-east?");
  });

  it("makes the checks of a dry run, and asks no other provider", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    await at.write(async (slipway) => {
      await dockerPlacement("unix:///nowhere/docker.sock")(slipway);
      await ec2Placement({ subnetIds: ["subnet-0123456789abcdef0"] })(slipway);
    });
    const environment = { ...KEYS, AWS_ENDPOINT_URL: ec2.url };
    const { exitCode, checks } = await at.doctor(["--placement", "us-east"], environment);
    expect(checks.find(({ outcome }) => outcome === "problem")).toMatchObject({
      name: "subnets.exist",
      reason: "SUBNET_NOT_FOUND",
      message: expect.stringContaining("subnet-0123456789abcdef0"),
    });
    expect(exitCode).toBe(3);
    const names = checks.map(({ name }) => name);
    expect(names).toContain("security-group.exists");
    expect(names).not.toContain("engine");
    expect(names).not.toContain("volume.size");
    expect(checks.filter(({ outcome }) => outcome === "skipped")).toEqual([]);
    expect(names).not.toContain("gce");
    expect(ec2.requests.map(({ action }) => action)).not.toContain("TerminateInstances");
  });

  it("resolves the first workspaces that use it", async () => {
    using at = scene();
    await using ec2 = await startEc2();
    await at.write(async (slipway) => {
      await ec2Placement()(slipway);
      await slipway.catalog.set("image", {
        name: "base",
        architecture: "ARCHITECTURE_AMD64",
        aws: { amiIds: { "eu-west-1": "ami-0bf430e66574f89fd" } },
      });
      for (const name of ["one", "two", "three", "four", "five", "six"])
        await slipway.catalog.set("workspace", { name, imageRef: "base", placement: "us-east" });
    });
    const environment = { ...KEYS, AWS_ENDPOINT_URL: ec2.url };
    const { exitCode, checks } = await at.doctor(["--placement", "us-east"], environment);
    const mismatches = checks.filter(({ reason }) => reason === "REGION_MISMATCH");
    expect(mismatches).toMatchObject([
      {
        name: "image.region",
        outcome: "problem",
        message: expect.stringMatching(
          /^workspaces (?:(?:one|two|three|four|five|six)(?:, |: )){5}image base has no AMI in us-east-1/,
        ),
      },
    ]);
    expect(checkOf(checks, "placement")).toMatchObject({
      outcome: "warning",
      message: "1 more workspaces of this placement were not tried",
    });
    expect(exitCode).toBe(3);
  });

  it("needs the catalog, but not the ledger of this version", async () => {
    using at = scene();
    const none = await at.doctor(["--placement", "local"]);
    expect(checkOf(none.checks, "placement")).toMatchObject({ outcome: "problem" });
    expect(none.exitCode).toBe(3);
    await at.write(dockerPlacement("unix:///nowhere/docker.sock"));
    setSchema(at.database, "ledger", 0);
    const older = await at.doctor(["--placement", "local"]);
    expect(checkOf(older.checks, "database")).toMatchObject({ outcome: "warning" });
    expect(checkOf(older.checks, "engine")).toMatchObject({ outcome: "problem" });
  });

  it("can be interrupted", async () => {
    using at = scene();
    await using engine = await startFakeEngine();
    const interrupt = new AbortController();
    engine.on("GET /version", () => undefined);
    engine.on("GET /info", () => interrupt.abort());
    await at.write(dockerPlacement(engine.host));
    const ran = await runInMemory(["doctor", "--database", at.database], {
      environment: { HOME: at.folder },
      interrupt: interrupt.signal,
    });
    expect(ran).toMatchObject({ exitCode: 130, stdout: "" });
  });
});
