import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { NODE_ENVIRONMENT } from "../support/processes.ts";
import { scratchFolder } from "../support/scratch.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Opens the adapter of a target, and prints what it threw. */
const PROGRAM = `
import { openSubstrate } from "./src/slipway/open-adapter.ts";
const environment = { environment: {}, home: "/nowhere" };
const clock = { now: () => 0 };
const caught = await openSubstrate(JSON.parse(process.argv[2]), environment, { clock }).then(
  () => null,
  (error) => ({ ...error, message: error.message }),
);
console.log(JSON.stringify(caught));
`;

const EC2 = { substrate: "AWS", accountId: "123456789012", region: "us-east-1" };
const EC2_PACKAGES = [
  "@aws-sdk/client-ec2",
  "@aws-sdk/client-sts",
  "@aws-sdk/credential-provider-node",
  "@smithy/core",
];
const COMPUTE_ENGINE = { substrate: "GCP", project: "agents" };
const COMPUTE_ENGINE_PACKAGES = ["@google-cloud/compute", "google-auth-library", "google-gax"];

const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()),
  peerDependencies: z.record(z.string(), z.string()),
  peerDependenciesMeta: z.record(z.string(), z.unknown()),
});
const thrownSchema = z.looseObject({ message: z.string() });

/** The library where nothing is installed but what it depends on, and these packages. */
function libraryWith(packages: readonly string[]) {
  const folder = scratchFolder();
  const installed = ["zod", ...packages].map((name) => join("node_modules", name));
  for (const part of ["src", "adapters", ...installed]) {
    mkdirSync(dirname(join(folder.path, part)), { recursive: true });
    symlinkSync(join(ROOT, part), join(folder.path, part));
  }
  writeFileSync(join(folder.path, "program.ts"), PROGRAM);
  return {
    path: folder.path,
    [Symbol.dispose]: () => folder[Symbol.dispose](),
    async open(target: object) {
      // Packages are looked for beside the link, not beside what it leads to.
      const words = ["--preserve-symlinks", "program.ts", JSON.stringify(target)];
      const options = { cwd: folder.path, env: NODE_ENVIRONMENT };
      const { stdout } = await promisify(execFile)(process.execPath, words, options);
      return thrownSchema.parse(JSON.parse(stdout));
    },
  };
}

describe("the package", () => {
  it("has the SDKs of the clouds as optional peers, and requires none", () => {
    const text = readFileSync(join(ROOT, "package.json"), "utf8");
    const { dependencies, peerDependencies, peerDependenciesMeta } = manifestSchema.parse(
      JSON.parse(text),
    );
    const sdks = [...EC2_PACKAGES, ...COMPUTE_ENGINE_PACKAGES].toSorted();
    expect(Object.keys(peerDependencies).toSorted()).toEqual(sdks);
    expect(peerDependenciesMeta).toEqual(
      Object.fromEntries(sdks.map((name) => [name, { optional: true }])),
    );
    expect(Object.keys(dependencies)).toEqual([
      "dockerode",
      "fastest-levenshtein",
      "p-retry",
      "yaml",
      "zod",
    ]);
  });
});

describe("a program without an SDK", () => {
  it.each([
    { provider: "EC2", target: EC2, packages: EC2_PACKAGES },
    { provider: "Compute Engine", target: COMPUTE_ENGINE, packages: COMPUTE_ENGINE_PACKAGES },
  ])("is given the names of the packages that $provider needs", async (trial) => {
    const { provider, target, packages } = trial;
    using library = libraryWith([]);
    expect(await library.open(target)).toMatchObject({
      name: "SlipwayError",
      code: "FAILED_PRECONDITION",
      reason: "PACKAGE_NOT_INSTALLED",
      message: `${provider} needs the packages ${packages.join(", ")}, which are not installed`,
      remedy: `Install them next to slipway: npm install ${packages.join(" ")}`,
      metadata: { packages },
    });
  });

  it("is given the name of the one package that is missing", async () => {
    using library = libraryWith(EC2_PACKAGES.slice(1));
    expect(await library.open(EC2)).toMatchObject({
      message: "EC2 needs the package @aws-sdk/client-ec2, which is not installed",
    });
  });

  it.each([
    { fault: "lacks a package of its own", text: 'import "not-there";', says: "not-there" },
    { fault: "lacks a file of its own", text: 'import "./not-there.js";', says: "not-there.js" },
    { fault: "is of another version", text: "export {};", says: "does not provide an export" },
  ])("is given the failure itself if the SDK $fault", async ({ text, says }) => {
    using library = libraryWith(EC2_PACKAGES.slice(1));
    const place = join(library.path, "node_modules", "@aws-sdk", "client-ec2");
    mkdirSync(place);
    writeFileSync(join(place, "package.json"), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(join(place, "index.js"), text);
    const thrown = await library.open(EC2);
    expect(thrown.message).toContain(says);
    expect(thrown).not.toHaveProperty("reason");
  });
});
