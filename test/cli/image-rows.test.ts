import { describe, expect, it } from "vitest";
import { createSlipway } from "../../src/slipway/create-slipway.ts";
import { scratchCatalog } from "./support/scratch-catalog.ts";

const HEAD = "name: agent\narchitecture: ARCHITECTURE_AMD64\n";

/** Each row of the image specification's error table: the exact message, and a body that causes it. */
const ROWS: readonly (readonly [message: string, body: string])[] = [
  ["name is required", "architecture: ARCHITECTURE_AMD64\ndocker: {image_ref: a/b}\n"],
  ["name must match [a-z][a-z0-9-]{0,62}", "name: Agent\narchitecture: ARCHITECTURE_AMD64\n"],
  [
    "description exceeds 1024 byte limit",
    `${HEAD}description: ${"é".repeat(513)}\ndocker: {image_ref: a/b}\n`,
  ],
  ["architecture is required", "name: agent\ndocker: {image_ref: a/b}\n"],
  [
    "unknown architecture value",
    "name: agent\narchitecture: ARCHITECTURE_RISCV\ndocker: {image_ref: a/b}\n",
  ],
  ["source is required (aws, gce, or docker)", HEAD],
  ["aws.ami_ids must be non-empty", `${HEAD}aws: {ami_ids: {}}\n`],
  [
    "aws.ami_ids: region key must be non-empty",
    `${HEAD}aws: {ami_ids: {"": ami-0abc123def456789a}}\n`,
  ],
  [
    "aws.ami_ids[us-east-1]: must match ami-[0-9a-f]{8,17}",
    `${HEAD}aws: {ami_ids: {us-east-1: ami-XYZ}}\n`,
  ],
  ["gce.self_link is required", `${HEAD}gce: {}\n`],
  ["gce.self_link: invalid GCE image reference", `${HEAD}gce: {self_link: debian-12}\n`],
  ["docker.image_ref is required", `${HEAD}docker: {}\n`],
  [
    "provenance cannot be set via SetResource",
    `${HEAD}docker: {image_ref: a/b, provenance: {recipe_ref: r, image_hash: ${"0".repeat(64)}}}\n`,
  ],
];

describe("an image that violates a rule", () => {
  it.each(ROWS)("is rejected with exactly: %s", async (message, body) => {
    using catalog = scratchCatalog();
    const name = /^name: (\S+)/m.exec(body)?.[1] ?? "agent";
    const json = await catalog.run(["set", "image", name, "-o", "json"], { stdin: body });
    expect(json).toMatchObject({ exitCode: 2, stdout: "" });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: "INVALID_ARGUMENT", message } });
  });

  it("is rejected with the same message without JSON", async () => {
    using catalog = scratchCatalog();
    const ran = await catalog.run(["set", "image", "agent"], { stdin: HEAD });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr.split("\n")[0]).toBe(
      "slipway: INVALID_ARGUMENT: source is required (aws, gce, or docker)",
    );
  });

  it("is rejected with exactly: baked images are immutable", async () => {
    using catalog = scratchCatalog();
    await using library = await createSlipway({ database: catalog.database });
    await library.catalog.recordBake({
      recipeRef: "go-python",
      imageHash: "e".repeat(64),
      architecture: "amd64",
      gce: { selfLink: "projects/acme-agents/global/images/go-python" },
      name: "baked",
    });
    const body = "name: baked\narchitecture: ARCHITECTURE_AMD64\ndocker: {image_ref: a/b}\n";
    for (const argv of [
      ["set", "image", "baked"],
      ["patch", "image", "baked", "--set", "description=mine"],
      ["delete", "image", "baked"],
    ]) {
      const ran = await catalog.run([...argv, "-o", "json"], { stdin: body });
      expect(ran).toMatchObject({ exitCode: 3, stdout: "" });
      expect(JSON.parse(ran.stderr)).toMatchObject({
        error: { code: "FAILED_PRECONDITION", message: "baked images are immutable" },
      });
    }
    const kept = await catalog.must(["get", "image", "baked", "-o", "json"]);
    expect(JSON.parse(kept.stdout)).toMatchObject({
      generation: 1,
      gce: { provenance: { recipe_ref: "go-python", image_hash: "e".repeat(64) } },
    });
  });
});

/** The specification's hand-written examples. */
const EXAMPLES = {
  "debian12-base": `name: debian12-base
description: "Stock Debian 12 with our internal SDK"
architecture: ARCHITECTURE_AMD64
gce:
  self_link: "projects/acme-agents/global/images/family/debian-12-sdk"
`,
  "ubuntu22-ml": `name: ubuntu22-ml
description: "Ubuntu 22.04 with CUDA and PyTorch"
architecture: ARCHITECTURE_AMD64
aws:
  ami_ids:
    us-east-1: "ami-0abc123def456789a"
    us-west-2: "ami-0def456789abc1234"
`,
  "node20-dev": `name: node20-dev
description: "Node.js 20 development container"
architecture: ARCHITECTURE_AMD64
docker:
  image_ref: "ghcr.io/acme/node20-dev:latest"
`,
};

const BAKED_EXAMPLE = `name: go-python-a1b2c3d4e5f67890
architecture: ARCHITECTURE_AMD64
gce:
  self_link: "projects/acme-agents/global/images/go-python-a1b2c3d4e5f67890"
  provenance:
    recipe_ref: go-python
    image_hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
`;

describe("the specification's examples", () => {
  it.each(Object.entries(EXAMPLES))("%s is accepted and returned unchanged", async (name, body) => {
    using catalog = scratchCatalog();
    const set = await catalog.must(["set", "image", name], { stdin: body });
    const got = await catalog.must(["get", "image", name]);
    expect(got.stdout).toBe(set.stdout);
    expect(got.stdout.replaceAll('"', "")).toContain(body.replaceAll('"', ""));
    const again = await catalog.must(["set", "image", name], {
      stdin: got.stdout.replace(/^(generation|created_at|updated_at|updated_by): .*\n/gm, ""),
    });
    expect(again.stdout).toContain("generation: 2\n");
  });

  it("the baked example is rejected", async () => {
    using catalog = scratchCatalog();
    const argv = ["set", "image", "go-python-a1b2c3d4e5f67890"];
    const ran = await catalog.run(argv, { stdin: BAKED_EXAMPLE });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "" });
    expect(ran.stderr).toMatch(
      /^slipway: INVALID_ARGUMENT: provenance cannot be set via SetResource\n/,
    );
  });

  it("are accepted in camelCase and as JSON", async () => {
    using catalog = scratchCatalog();
    const body = {
      name: "ubuntu22-ml",
      architecture: "ARCHITECTURE_AMD64",
      aws: { amiIds: { "us-east-1": "ami-0abc123def456789a" } },
    };
    const argv = ["set", "image", "ubuntu22-ml", "-o", "json"];
    const ran = await catalog.must(argv, { stdin: JSON.stringify(body) });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      aws: { ami_ids: { "us-east-1": "ami-0abc123def456789a" } },
      updated_by: "tester",
    });
  });
});
