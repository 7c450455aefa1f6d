import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startEc2 } from "../../testing/ec2/index.ts";
import { startGce } from "../../testing/gce/index.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import { removeImagesOf } from "../support/engine-client.ts";
import { describeWithEngine } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";
import { bundledCommandLine, REPORT } from "./support/bundle.ts";
import type { Bundle } from "./support/bundle.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

const PRETEND = join(import.meta.dirname, "support", "pretend-version.mjs");
const SLOW = { timeout: 120_000 };

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundledCommandLine();
});
afterAll(() => bundle[Symbol.dispose]());

/** The paths of all files and the names of Node's modules that a command line loads. */
async function modulesOf(...argv: readonly string[]): Promise<readonly string[]> {
  const { program } = bundle;
  const ran = await slipwayProcess(argv, { program, nodeArguments: REPORT });
  expect(ran.exitCode).toBe(0);
  return bundle.loadedIn(ran.stderr);
}

describe("the bundled command line", () => {
  it("names every package that it contains, with its licence", () => {
    expect(bundle.packages.size).toBeGreaterThan(30);
    for (const name of bundle.packages)
      expect(bundle.licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(\\S+\\)$`, "m"));
    expect(bundle.licenses).toContain("Apache License");
    expect(bundle.licenses).toContain("Colin McDonnell");
  });

  it("contains the SDKs of all substrates, and no package for what is not used of them", () => {
    const { packages } = bundle;
    for (const name of ["@aws-sdk/client-ec2", "@google-cloud/compute", "dockerode", "zod"])
      expect(packages).toContain(name);
    for (const name of ["docker-modem", "ssh2", "cpu-features"])
      expect(packages).not.toContain(name);
  });

  it.each([{ argv: ["--help"] }, { argv: ["--version"] }, { argv: [] }])(
    "loads no package and few own modules for $argv",
    async ({ argv }) => {
      const modules = await modulesOf(...argv);
      expect(modules.filter((module) => module.includes("/node_modules/"))).toEqual([]);
      expect(modules.filter((module) => /sqlite|crypto|http/i.test(module))).toEqual([]);
      expect(modules.filter((module) => module.includes("/src/")).length).toBeLessThan(13);
    },
  );

  it.each([
    ["spawn", "--help"],
    ["get", "--help"],
    ["fake", "--help"],
    ["completion", "bash"],
  ])("loads only the scanner for %s %s", async (...argv) => {
    const modules = await modulesOf(...argv);
    const packages = modules.filter((module) => module.includes("/node_modules/"));
    expect(packages).toEqual([expect.stringContaining("@stricli/core")]);
    expect(modules.filter((module) => /sqlite/i.test(module))).toEqual([]);
    const allowed =
      /\/src\/(?:cli\/|errors\.ts|catalog\/kind(?:-name)?s\.ts|host\/(?:environment|error-code|package-manifest|system-clock)\.ts|json\/json-object\.ts|async\/cancellation\.ts)/;
    const own = modules.filter((module) => module.includes("/src/") && !allowed.test(module));
    expect(own).toEqual([]);
  });

  it("loads neither the spawner nor an adapter for a command that does not launch", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const modules = await modulesOf("get", "image", "--database", database);
    const unwanted = /\/adapters\/|\/spawner\/(?:spawn|drive|launch\/queue)\.ts/;
    expect(modules.filter((module) => unwanted.test(module))).toEqual([]);
    expect(modules.filter((module) => module.includes("/src/catalog/"))).not.toEqual([]);
  });

  it.each(["terminate", "get image"])("loads neither of them to complete %s", async (line) => {
    using catalog = scratchCatalog();
    await catalog.must(["get", "all"]);
    const words = [...line.split(" "), ""];
    const modules = await modulesOf("__complete", "--database", catalog.database, ...words);
    const unwanted = /\/adapters\/|\/spawner\/(?:spawn|drive|launch\/queue)\.ts/;
    expect(modules.filter((module) => unwanted.test(module))).toEqual([]);
    expect(modules.filter((module) => module.includes("/src/storage/"))).not.toEqual([]);
  });

  it("explains a field from the package's schema alone", async () => {
    const modules = await modulesOf("explain", "workspace.ports");
    const unwanted = /sqlite|\/zod\/|\/adapters\/|\/src\/(?:slipway|storage|ledger|spawner)\//;
    expect(modules.filter((module) => unwanted.test(module))).toEqual([]);
    expect(modules.filter((module) => module.includes("/cli/explain/"))).not.toEqual([]);
  });

  it("loads the YAML library for a list only if there is a configuration file", async () => {
    using folder = scratchFolder();
    const { path: HOME } = folder;
    const isLoaded = async (): Promise<boolean> => {
      const { program } = bundle;
      const options = { program, nodeArguments: REPORT, environment: { HOME } };
      const ran = await slipwayProcess(["list"], options);
      expect(ran.exitCode).toBe(0);
      return bundle.loadedIn(ran.stderr).some((module) => module.includes("/node_modules/yaml/"));
    };
    expect(await isLoaded()).toBe(false);
    mkdirSync(join(HOME, ".config", "slipway"), { recursive: true });
    writeFileSync(join(HOME, ".config", "slipway", "config.yaml"), "contexts: {}\n");
    expect(await isLoaded()).toBe(true);
  });

  it("loads no messages of zod in other languages", async () => {
    using folder = scratchFolder();
    const database = join(folder.path, "slipway.db");
    const modules = await modulesOf("get", "image", "--database", database);
    const locales = modules.filter((module) => module.includes("/zod/v4/locales/"));
    expect(locales).toEqual([expect.stringContaining("/en.js")]);
  });

  it("loads no cloud's SDK for a diagnosis where no record uses one", async () => {
    using folder = scratchFolder();
    const ran = await slipwayProcess(["doctor"], {
      program: bundle.program,
      nodeArguments: REPORT,
      environment: { HOME: folder.path },
    });
    expect(ran.stdout).toContain("skipped  aws ");
    const modules = bundle.loadedIn(ran.stderr);
    const sdks =
      /\/node_modules\/(?:@aws-sdk|@smithy|@google-cloud|google-auth-library|google-gax)\//;
    expect(modules.filter((module) => sdks.test(module))).toEqual([]);
    expect(modules.filter((module) => module.includes("/src/slipway/diagnosis/"))).not.toEqual([]);
  });

  it.each(["20.20.2", "22.17.1", "8.0.0"])(
    "rejects Node %s before it loads anything",
    async (node) => {
      const ran = await slipwayProcess(["list"], {
        program: bundle.program,
        nodeArguments: ["--import", PRETEND, ...REPORT],
        environment: { PRETENDED_NODE: node },
      });
      expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
      expect(ran.stderr).toContain(`Slipway needs Node 22.18 or newer, this is v${node}\n`);
      const report = ran.stderr.slice(ran.stderr.indexOf("["));
      const own = bundle.loadedIn(report).filter((module) => module.includes("/src/"));
      expect(own).toEqual([expect.stringContaining("/src/cli/main.ts")]);
    },
  );

  it.each(["22.18.0", "24.0.0"])("accepts Node %s", async (node) => {
    const ran = await slipwayProcess(["--version"], {
      program: bundle.program,
      nodeArguments: ["--import", PRETEND],
      environment: { PRETENDED_NODE: node },
    });
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });
});

/** The modules that belong to one substrate only: its adapter's files and its packages. */
const OWN = {
  aws: /\/adapters\/aws\/|\/node_modules\/(?:@aws-sdk|@smithy|@aws-crypto)\//,
  gce: /\/adapters\/gce\/|\/node_modules\/(?:@google-cloud|@grpc|google-auth-library|google-gax|protobufjs)\//,
  docker: /\/adapters\/docker\/|\/node_modules\/(?:dockerode|tar-fs)\//,
} as const;
type Part = keyof typeof OWN;

interface Trial {
  readonly image: object;
  readonly substrate: "AWS" | "GCP" | "DOCKER";
  readonly target: object;
  readonly environment: Readonly<Record<string, string>>;
}

/** The substrates whose modules a process loads to spawn such a workspace. */
async function partsOfSpawn(trial: Trial): Promise<readonly Part[]> {
  using catalog = scratchCatalog();
  const { substrate, target, environment } = trial;
  const records = {
    image: { name: "trial", architecture: "ARCHITECTURE_AMD64", ...trial.image },
    placement: { name: "trial", substrate, target },
    workspace: { name: "trial", image_ref: "trial", placement: "trial" },
  };
  for (const [kind, record] of Object.entries(records))
    await catalog.must(["set", kind, "trial"], { stdin: JSON.stringify(record) });
  const spawn = ["spawn", "trial", "--id", "one", "-o", "json"];
  const { program } = bundle;
  const ran = await catalog.runProcess(spawn, { program, environment, nodeArguments: REPORT });
  expect(ran.exitCode).toBe(0);
  expect(JSON.parse(ran.stdout)).toMatchObject({ state: "running", substrate });
  await catalog.must(["terminate", "one"], { environment });
  const modules = bundle.loadedIn(ran.stderr);
  const isLoaded = (part: Part) => modules.some((module) => OWN[part].test(module));
  return (["aws", "gce", "docker"] as const).filter(isLoaded);
}

it("a spawn on EC2 loads no modules of other substrates", SLOW, async () => {
  await using ec2 = await startEc2({ rates: "off", timing: { pendingMs: 20, endingMs: 20 } });
  const { images, subnets } = ec2.region("us-east-1", "123456789012");
  const subnetIds = [subnets["us-east-1a"]];
  const parts = await partsOfSpawn({
    image: { aws: { ami_ids: { "us-east-1": images.x86_64 } } },
    substrate: "AWS",
    target: {
      aws: { account_id: "123456789012", region: "us-east-1", subnet_ids: subnetIds },
    },
    environment: {
      AWS_ENDPOINT_URL: ec2.url,
      AWS_ACCESS_KEY_ID: "123456789012",
      AWS_SECRET_ACCESS_KEY: "test",
    },
  });
  expect(parts).toEqual(["aws"]);
});

it("a spawn on Compute Engine loads no modules of other substrates", SLOW, async () => {
  await using gce = await startGce({ timing: { provisioningMs: 10, stagingMs: 10, endingMs: 10 } });
  gce.addImage("agents", { name: "base", family: "base", createdAt: 1_000 });
  const parts = await partsOfSpawn({
    image: { gce: { self_link: "projects/agents/global/images/base" } },
    substrate: "GCP",
    target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
    environment: {
      CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
      CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
    },
  });
  expect(parts).toEqual(["gce"]);
});

describeWithEngine("a spawn on Docker", (engine) => {
  it("loads no modules of the clouds", SLOW, async () => {
    await using registry = await startRegistry();
    registry.add("trial", "1", tinyImage("amd64", { program: { line: "steady\n" } }));
    const parts = await partsOfSpawn({
      image: { docker: { image_ref: `${registry.host}/trial:1` } },
      substrate: "DOCKER",
      target: { docker: { host: engine.host } },
      environment: {},
    });
    expect(parts).toEqual(["docker"]);
    await removeImagesOf(engine, registry.host);
  });
});
