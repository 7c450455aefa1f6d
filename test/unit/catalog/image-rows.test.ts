import { describe, expect, it } from "vitest";
import { parseBody } from "../../../src/catalog/parse.ts";
import { parseDocument } from "../../../src/json/document/parse-document.ts";
import { refusal, violations } from "./violations.ts";

const yaml = (text: string) => parseDocument(new TextEncoder().encode(text));
const image = (more: object) => ({ name: "base", architecture: "ARCHITECTURE_AMD64", ...more });
const docker = { docker: { image_ref: "ghcr.io/acme/node20-dev:latest" } };
const aws = (ami_ids: unknown) => image({ aws: { ami_ids } });
const gce = (self_link: unknown) => image({ gce: { self_link } });

describe("an image", () => {
  it.each([
    [
      "GCE",
      `
name: debian12-base
description: "Stock Debian 12 with our internal SDK"
architecture: ARCHITECTURE_AMD64
gce:
  self_link: "projects/acme-agents/global/images/family/debian-12-sdk"
`,
      {
        name: "debian12-base",
        description: "Stock Debian 12 with our internal SDK",
        architecture: "ARCHITECTURE_AMD64",
        gce: { selfLink: "projects/acme-agents/global/images/family/debian-12-sdk" },
      },
    ],
    [
      "AWS",
      `
name: ubuntu22-ml
description: "Ubuntu 22.04 with CUDA and PyTorch"
architecture: ARCHITECTURE_AMD64
aws:
  ami_ids:
    us-east-1: "ami-0abc123def456789a"
    us-west-2: "ami-0def456789abc1234"
`,
      {
        name: "ubuntu22-ml",
        description: "Ubuntu 22.04 with CUDA and PyTorch",
        architecture: "ARCHITECTURE_AMD64",
        aws: {
          amiIds: { "us-east-1": "ami-0abc123def456789a", "us-west-2": "ami-0def456789abc1234" },
        },
      },
    ],
    [
      "Docker",
      `
name: node20-dev
description: "Node.js 20 development container"
architecture: ARCHITECTURE_AMD64
docker:
  image_ref: "ghcr.io/acme/node20-dev:latest"
`,
      {
        name: "node20-dev",
        description: "Node.js 20 development container",
        architecture: "ARCHITECTURE_AMD64",
        docker: { imageRef: "ghcr.io/acme/node20-dev:latest" },
      },
    ],
  ])("is accepted in the specification's hand-written examples: %s", (_, text, fields) => {
    expect(parseBody("image", yaml(text))).toEqual(fields);
    expect(parseBody("image", fields)).toEqual(fields);
  });

  it("is rejected in the specification's baked example", () => {
    const baked = yaml(`
name: go-python-a1b2c3d4e5f67890
architecture: ARCHITECTURE_AMD64
gce:
  self_link: "projects/acme-agents/global/images/go-python-a1b2c3d4e5f67890"
  provenance:
    recipe_ref: go-python
    image_hash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
`);
    expect(refusal("image", baked)).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "provenance cannot be set via SetResource",
      metadata: { violations: ["provenance cannot be set via SetResource"] },
    });
  });
});

/** The specification's rows in order, each with a body that violates only that row. */
const ROWS: readonly (readonly [message: string, body: object])[] = [
  ["name is required", { ...image(docker), name: undefined }],
  ["name must match [a-z][a-z0-9-]{0,62}", { ...image(docker), name: "Base" }],
  ["description exceeds 1024 byte limit", image({ ...docker, description: "x".repeat(1025) })],
  ["architecture is required", { ...image(docker), architecture: undefined }],
  ["unknown architecture value", { ...image(docker), architecture: "ARCHITECTURE_RISCV64" }],
  ["source is required (aws, gce, or docker)", image({})],
  ["aws.ami_ids must be non-empty", aws({})],
  ["aws.ami_ids: region key must be non-empty", aws({ "": "ami-0abc123def456789a" })],
  ["aws.ami_ids[us-east-1]: must match ami-[0-9a-f]{8,17}", aws({ "us-east-1": "ami-xyz" })],
  ["gce.self_link is required", image({ gce: {} })],
  ["gce.self_link: invalid GCE image reference", gce("debian-12")],
  ["docker.image_ref is required", image({ docker: {} })],
  ["docker.image_ref: invalid OCI image reference", image({ docker: { image_ref: "UPPER" } })],
  [
    "provenance cannot be set via SetResource",
    image({ docker: { image_ref: "a", provenance: { recipe_ref: "r" } } }),
  ],
];

describe("a row of the specification", () => {
  it.each(ROWS)("%s", (message, body) => {
    const error = refusal("image", body);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_RECORD", message });
    expect(error.remedy).not.toBeNull();
    const others = ROWS.map(([row]) => row).filter((row) => row !== message);
    expect(error.metadata["violations"]).toHaveLength(1);
    for (const other of others) expect(error.metadata["violations"]).not.toContain(other);
  });

  it("is the message in the specification's order if several are violated; the metadata lists all", () => {
    const everything = {
      name: "9",
      description: "x".repeat(1025),
      architecture: "sparc",
      aws: { ami_ids: { "": "ami-0abc123def456789a", "us-east-1": "x" }, provenance: {} },
      gce: { self_link: "x" },
      docker: {},
      zone: "a",
    };
    const order = [
      "name must match [a-z][a-z0-9-]{0,62}",
      "description exceeds 1024 byte limit",
      "unknown architecture value",
      "source is required (aws, gce, or docker)",
      "aws.ami_ids: region key must be non-empty",
      "aws.ami_ids[us-east-1]: must match ami-[0-9a-f]{8,17}",
      "gce.self_link: invalid GCE image reference",
      "docker.image_ref is required",
      "provenance cannot be set via SetResource",
    ];
    const found = violations("image", everything);
    expect(Array.isArray(found) && found.slice(0, order.length)).toEqual(order);
    expect(found).toContain("unknown field zone");
    expect(refusal("image", everything).message).toBe(order[0]);
  });

  it("comes before a name that differs from the argument", () => {
    expect(refusal("image", image({}), "other").message).toBe(
      "source is required (aws, gce, or docker)",
    );
    const error = refusal("image", image(docker), "other");
    expect(error.message).toContain("name must be other");
  });
});
