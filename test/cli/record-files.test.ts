import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratchCatalog } from "./support/scratch-catalog.ts";
import type { ScratchCatalog } from "./support/scratch-catalog.ts";

const WORKSPACE = "kind: workspace\nname: dev\nimage_ref: agent\nplacement: here\n";
const IMAGE =
  "kind: image\nname: agent\narchitecture: ARCHITECTURE_AMD64\ndocker: {image_ref: a/b, pull_credential_secret: TOKEN}\n";
const PLACEMENT = "kind: placement\nname: here\nsubstrate: DOCKER\ntarget: {docker: {}}\n";
const SECRET = "kind: secret\nname: TOKEN\nplaintext_value: hunter2\n";
const STREAM = [WORKSPACE, IMAGE, PLACEMENT, SECRET].join("---\n");

/** Writes a file into the catalog's folder, which is also the working directory of its commands. */
function write({ path }: ScratchCatalog, name: string, text: string): void {
  writeFileSync(join(path, name), text);
}

const rows = (stdout: string): unknown => JSON.parse(stdout);

describe("records from files", () => {
  it("are applied, compared, exported and deleted", async () => {
    using catalog = scratchCatalog();
    write(catalog, "all.yaml", STREAM);
    const dryRun = await catalog.must(["apply", "-f", "all.yaml", "--dry-run", "-o", "table"]);
    expect(dryRun.stdout).toBe(
      [
        "workspace dev created (dry run)\n",
        "image agent created (dry run)\n",
        "placement here created (dry run)\n",
        "secret TOKEN created (dry run)\n",
      ].join(""),
    );
    expect(rows((await catalog.must(["get", "ws", "-o", "json"])).stdout)).toEqual([]);
    const applied = await catalog.must(["apply", "-f", "all.yaml", "-o", "json"]);
    expect(rows(applied.stdout)).toEqual(
      [
        ["workspace", "dev"],
        ["image", "agent"],
        ["placement", "here"],
        ["secret", "TOKEN"],
      ].map(([kind, name]) => ({ kind, name, change: "created", generation: 1 })),
    );
    expect(await catalog.run(["diff", "-f", "all.yaml"])).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    const exported = await catalog.must(["export"]);
    expect(exported.stdout).not.toContain("hunter2");
    expect(exported.stdout.split("---\n")).toHaveLength(4);
    const again = await catalog.must(["apply", "-f", "-", "-o", "table"], {
      stdin: exported.stdout,
    });
    expect(again.stdout.match(/ unchanged$/gm)).toHaveLength(4);
    const deleted = await catalog.must(["delete", "-f", "all.yaml", "-o", "table"]);
    expect(deleted.stdout).toBe(
      "workspace dev deleted\nplacement here deleted\nimage agent deleted\nsecret TOKEN deleted\n",
    );
  });

  it("are compared line by line, and the values of secrets are not shown", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["apply", "-f", "-"], { stdin: STREAM });
    const stdin = STREAM.replace("a/b", "a/c").replace("hunter2", "hunter3");
    const { exitCode, stdout } = await catalog.run(["diff", "-f", "-"], { stdin });
    expect(exitCode).toBe(1);
    expect(stdout).toBe(
      [
        "--- image agent (generation 1)",
        "+++ image agent (new)",
        "@@ -2,5 +2,5 @@",
        " name: agent",
        " architecture: ARCHITECTURE_AMD64",
        " docker:",
        "-  image_ref: a/b",
        "+  image_ref: a/c",
        "   pull_credential_secret: TOKEN",
        "--- secret TOKEN (generation 1)",
        "+++ secret TOKEN (new)",
        "@@ -1,3 +1,3 @@",
        " kind: secret",
        " name: TOKEN",
        '-plaintext_value: "*** (before)"',
        '+plaintext_value: "*** (after)"',
        "",
      ].join("\n"),
    );
    const applied = await catalog.must(["apply", "-f", "-", "--diff", "-o", "table"], { stdin });
    expect(applied.stdout.startsWith(stdout)).toBe(true);
    expect(applied.stdout).not.toContain("hunter");
    const withDiffs = await catalog.run(["diff", "-f", "-", "-o", "json"], { stdin: STREAM });
    expect(rows(withDiffs.stdout)).toMatchObject([
      { kind: "workspace", change: "unchanged", diff: "" },
      { kind: "image", change: "configured", diff: expect.stringContaining("+  image_ref: a/b") },
      { kind: "placement", change: "unchanged" },
      { kind: "secret", change: "configured" },
    ]);
  });

  it("are read from several files and a folder's own YAML and JSON files", async () => {
    using catalog = scratchCatalog();
    mkdirSync(join(catalog.path, "records", "below"), { recursive: true });
    write(catalog, "records/a.yaml", WORKSPACE);
    write(catalog, "records/b.yml", `---\n${IMAGE}---\n`);
    write(
      catalog,
      "records/c.json",
      '[{"kind": "secret", "name": "TOKEN", "plaintext_value": "x"}]',
    );
    write(catalog, "records/notes.txt", "kind: nothing");
    write(catalog, "records/below/d.yaml", "kind: nothing");
    write(catalog, "placement.yaml", PLACEMENT);
    const ran = await catalog.must([
      "apply",
      "-f",
      "records",
      "-f",
      "placement.yaml",
      "-o",
      "table",
    ]);
    expect(ran.stdout.match(/ created$/gm)).toHaveLength(4);
  });

  it("are applied all or none, and each fault names its file and line", async () => {
    using catalog = scratchCatalog();
    write(catalog, "good.yaml", PLACEMENT);
    write(
      catalog,
      "bad.yaml",
      `${PLACEMENT.replace("here", "there")}---\n\nkind: image\nname: a\n`,
    );
    write(catalog, "broken.yaml", "kind: image\nname: [\n");
    const both = await catalog.run(["apply", "-f", "good.yaml", "-f", "bad.yaml"]);
    expect(both).toMatchObject({ exitCode: 2, stdout: "" });
    expect(both.stderr).toMatch(
      /^slipway: INVALID_ARGUMENT: bad\.yaml:7: image a: architecture is/,
    );
    const broken = await catalog.run(["apply", "-f", "good.yaml", "-f", "broken.yaml"]);
    expect(broken.stderr).toMatch(/^slipway: INVALID_ARGUMENT: broken\.yaml: line 2, column 8: /);
    const link = await catalog.run(["apply", "-f", "-"], {
      stdin: `${PLACEMENT}---\n${WORKSPACE}`,
    });
    expect(link.exitCode).toBe(3);
    expect(link.stderr).toContain("standard input:6: workspace dev refers to records");
    expect(rows((await catalog.must(["get", "placement", "-o", "json"])).stdout)).toEqual([]);
  });

  it.each([
    ["no file", ["apply"], "--file is missing"],
    [
      "a file that does not exist",
      ["apply", "-f", "none"],
      'cannot read "none": it does not exist',
    ],
    ["a folder without documents", ["diff", "-f", "."], '".": no documents'],
    ["a file and a name", ["delete", "image", "a", "-f", "."], "--file cannot be combined with"],
    ["an unknown record", ["delete", "-f", "-"], 'image "agent" does not exist'],
  ])("are refused for %s", async (_what, argv, message) => {
    using catalog = scratchCatalog();
    const ran = await catalog.run(argv, { stdin: "kind: image\nname: agent\n" });
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain(message);
  });

  it("are deleted as far as possible, and missing ones can be ignored", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["apply", "-f", "-"], { stdin: STREAM });
    await catalog.must(["delete", "workspaces", "dev"]);
    const some = await catalog.run(["delete", "-f", "-", "-o", "table"], { stdin: STREAM });
    expect(some).toMatchObject({ exitCode: 4 });
    expect(some.stdout.match(/ deleted$/gm)).toHaveLength(3);
    expect(some.stderr).toContain("1 of 4 resources could not be deleted");
    const ignored = await catalog.must(["delete", "-f", "-", "--ignore-not-found", "-o", "table"], {
      stdin: STREAM,
    });
    expect(ignored.stdout.match(/ did not exist$/gm)).toHaveLength(4);
  });

  it("set one record, whose name is in the document", async () => {
    using catalog = scratchCatalog();
    write(catalog, "here.yaml", PLACEMENT);
    await catalog.must(["set", "placements", "-f", "here.yaml"]);
    await catalog.must(["set", "placement", "here"], { stdin: PLACEMENT });
    const other = await catalog.run(["set", "image", "-f", "here.yaml"]);
    expect(other).toMatchObject({ exitCode: 2 });
    expect(other.stderr).toContain("the document is of kind placement, not image");
    const listed = await catalog.must(["get", "all", "-o", "json"]);
    expect(rows(listed.stdout)).toContainEqual(
      expect.objectContaining({ kind: "placement", name: "here", generation: 2 }),
    );
  });

  it("are suggested by name where a command misspells one", async () => {
    using catalog = scratchCatalog();
    await catalog.must(["apply", "-f", "-"], {
      stdin: STREAM.replace("name: dev", "name: agent-dev"),
    });
    for (const argv of [
      ["resolve", "agnet-dev"],
      ["spawn", "agnet-dev"],
      ["get", "workspace", "agnet-dev"],
    ])
      expect((await catalog.run(argv)).stderr).toContain("Did you mean workspace agent-dev? ");
    expect((await catalog.run(["list", "--state", "runing"])).stderr).toContain(
      "Did you mean running? ",
    );
  });
});
