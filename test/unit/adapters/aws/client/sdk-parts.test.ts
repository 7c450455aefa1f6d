import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partsReader } from "../../../../../adapters/aws/client/sdk-parts.ts";
import { ec2Sdk } from "../../../../../adapters/aws/client/sdk.ts";

const require = createRequire(import.meta.url);

describe("ec2Sdk", () => {
  it("is the package's own, and loads of its files those that are asked for alone", () => {
    const { EC2Client, RunInstancesCommand, VolumeType } = ec2Sdk();
    const client = new EC2Client({ region: "us-east-1" });
    expect(new RunInstancesCommand({ MinCount: 1, MaxCount: 1 }).input.MaxCount).toBe(1);
    expect(client.config.serviceId).toBe("EC2");
    expect(VolumeType.gp3).toBe("gp3");
    const loaded = Object.keys(require.cache).filter((file) => file.includes("client-ec2"));
    expect(loaded.filter((file) => file.includes("RunInstancesCommand"))).toHaveLength(1);
    expect(loaded.filter((file) => /dist-cjs|DescribeImages/u.test(file))).toEqual([]);
  });

  it("has every call of the adapter", () => {
    const sdk = ec2Sdk();
    const whole = Object.keys(Object.getOwnPropertyDescriptors(sdk));
    expect(whole).toContain("TerminateInstancesCommand");
    expect(whole.filter((name) => Reflect.get(sdk, name) === undefined)).toEqual([]);
  });
});

describe("partsReader", () => {
  let folder = "";
  const partsOf = (files: readonly string[]) => ({
    manifest: join(folder, "package.json"),
    files,
    schemas: { file: "shapes", exports: ["Used"] },
  });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "slipway-parts-"));
    await mkdir(join(folder, "dist-es"));
    const file = 'import manifest from "../package.json";\nimport { one } from "./one.part";\n';
    await writeFile(join(folder, "package.json"), '{ "name": "parts", "version": "7" }');
    await writeFile(join(folder, "dist-es", "one.part.js"), "export const one = 1;\n");
    await writeFile(
      join(folder, "dist-es", "all.js"),
      `${file}export const all = [manifest.version, one];\n`,
    );
    await writeFile(join(folder, "dist-es", "lost.js"), 'import "./nowhere";\n');
    await writeFile(
      join(folder, "dist-es", "shapes.js"),
      'export const Used = "used";\nexport const Unused = undeclared();\n',
    );
  });
  afterAll(async () => await rm(folder, { recursive: true }));

  it("reads files as bundlers do", () => {
    const reading = partsReader(partsOf(["all"]));
    const read = reading?.((): unknown => require(join(folder, "dist-es", "all.js")));
    expect(read).toMatchObject({ all: ["7", 1] });
  });

  it("reads of the shapes what is used", () => {
    const reading = partsReader(partsOf(["all"]));
    const read = reading?.((): unknown => require(join(folder, "dist-es", "shapes.js")));
    expect(read).toMatchObject({ Used: "used" });
  });

  it("has nothing of a package without the files", () => {
    expect(partsReader(partsOf(["all", "other"]))).toBeNull();
  });

  it("reads everything else as ever, and after a failure too", () => {
    const reading = partsReader(partsOf(["all"]));
    const lost = (): unknown => require(join(folder, "dist-es", "lost.js"));
    expect(() => reading?.(lost)).toThrow("nowhere.js");
    expect(lost).toThrow(/nowhere'/u);
  });
});
