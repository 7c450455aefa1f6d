import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { jsonSchemas } from "../../scripts/schemas/json-schemas.ts";
import { CATALOG_KINDS } from "../../src/catalog/kinds.ts";
import { parseDocument } from "../../src/json/document/parse-document.ts";
import { ec2Scene } from "../cli/support/ec2-cli.ts";
import { gceCli } from "../cli/support/gce-cli.ts";
import { allBlocks, ROOT } from "./support/documents.ts";
import { violations } from "./support/json-schemas.ts";

const SLOW = { timeout: 120_000 };
const FOLDER = join(ROOT, "schemas");
const documentSchema = z.record(z.string(), z.json());

describe("the JSON Schemas of the package", () => {
  it("are those of the code: run `npm run schemas` after a change of a schema", () => {
    const files = readdirSync(FOLDER).map((file) => [
      file.replace(/\.json$/u, ""),
      JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as unknown,
    ]);
    expect(Object.fromEntries(files)).toEqual(Object.fromEntries(jsonSchemas()));
  });

  it("exist for every kind, plan, spawn, event and error", () => {
    const wanted = [...CATALOG_KINDS, "plan", "spawn", "event", "error"];
    expect([...jsonSchemas().keys()]).toEqual(wanted);
  });
});

describe("a record of the documents or examples", () => {
  const shown = allBlocks()
    .filter(({ language }) => language === "yaml")
    .map(({ at, subject, text }) => ({ at, subject, text }));
  const files = readdirSync(join(ROOT, "examples"))
    .filter((name) => name.endsWith(".yaml"))
    .map((name) => ({
      at: `examples/${name}`,
      subject: name.split(".")[0] ?? "",
      text: readFileSync(join(ROOT, "examples", name), "utf8"),
    }));

  it.each([...shown, ...files])("matches its schema: $at", ({ subject, text }) => {
    const document = documentSchema.parse(parseDocument(Buffer.from(text)));
    expect(violations(subject, document)).toEqual([]);
    // The schema is strict, so it finds a misspelt field.
    expect(violations(subject, { ...document, imgae_ref: "a" })).not.toEqual([]);
  });
});

describe("a record with two sources, or none", () => {
  const image = { name: "a", architecture: "ARCHITECTURE_AMD64" };
  const docker = { image_ref: "a:1" };
  const gce = { self_link: "projects/p/global/images/i" };

  it.each([
    ["image", { ...image, docker }, true],
    ["image", image, false],
    ["image", { ...image, docker, gce }, false],
    ["placement", { name: "a", substrate: "DOCKER", target: { docker: {} } }, true],
    ["placement", { name: "a", substrate: "DOCKER", target: {} }, false],
    ["disk-type", { name: "a", spec: { aws: { volume_type: "gp3" } } }, true],
    ["disk-type", { name: "a", spec: {} }, false],
  ])("is refused by the schema of %s: %j", (kind, record, isValid) => {
    expect(violations(kind, record).length === 0).toBe(isValid);
  });
});

describe("the long form of a volume", () => {
  it.each([
    ["read_only", true],
    ["readonly", false],
  ])("with %s: %s", (field, isValid) => {
    const volumes = [{ type: "bind", source: "/srv", target: "/srv", [field]: true }];
    const record = { name: "a", substrate: "DOCKER", target: { docker: { volumes } } };
    expect(violations("placement", record).length === 0).toBe(isValid);
  });
});

describe("the output of the command line", () => {
  it("matches the schemas on EC2", SLOW, async () => {
    await using scene = await ec2Scene();
    const { cli } = scene;
    for (const kind of CATALOG_KINDS)
      for (const record of z.array(z.json()).parse(await cli.json(["get", kind])))
        expect(violations(kind, record)).toEqual([]);
    expect(violations("plan", await cli.json(["resolve", "agent-dev"]))).toEqual([]);
    const own = ["--env", "snake_case=1", "--label", "camelCase=2"];
    const spawned = await cli.json(["spawn", "agent-dev", "--id", "a", ...own]);
    expect(violations("spawn", spawned)).toEqual([]);
    const described = await cli.json(["describe", "a"]);
    expect(described).toMatchObject({ plan: {}, events: [{}, {}, {}, {}] });
    expect(violations("spawn", described)).toEqual([]);
    const all = ["--since", "all", "--until", "settled"];
    const watched = (await cli.run(["watch", "a", ...all, "-o", "json"])).trimEnd().split("\n");
    expect(watched.length).toBeGreaterThan(2);
    for (const line of watched) expect(violations("event", JSON.parse(line))).toEqual([]);
    // A failed launch is part of a spawn.
    scene.ec2.fault({
      kind: "error",
      code: "VcpuLimitExceeded",
      action: "RunInstances",
      dryRun: false,
    });
    const failed = await cli.attempt(["spawn", "agent-dev", "--id", "b", "-o", "json"]);
    expect(failed.exitCode).not.toBe(0);
    const record = await cli.json(["describe", "b"]);
    expect(record).toMatchObject({ state: "failed", error: { code: "RESOURCE_EXHAUSTED" } });
    expect(violations("spawn", record)).toEqual([]);
  });

  it(
    "matches the schemas on Compute Engine, with the error of a failed dry run",
    SLOW,
    async () => {
      await using cli = await gceCli();
      expect(violations("plan", await cli.json("resolve", "dev"))).toEqual([]);
      await cli.json("spawn", "dev", "--id", "a");
      expect(violations("spawn", await cli.json("describe", "a"))).toEqual([]);
      cli.gce.removeImage("agents", "agent-base-v1");
      const argvs = [
        ["resolve", "dev"],
        ["describe", "none"],
        ["get", "image", "none"],
      ];
      for (const argv of argvs) {
        const { stderr } = await cli.run([...argv, "-o", "json"]);
        const { error } = documentSchema.parse(JSON.parse(stderr));
        expect(violations("error", error)).toEqual([]);
        expect(violations("error", { ...documentSchema.parse(error), reason: "NONE" })).not.toEqual(
          [],
        );
      }
    },
  );
});
