import { describe, expect, it } from "vitest";
import { parseBody } from "../../../src/catalog/parse.ts";
import { refusal, violations } from "./violations.ts";

const image = (more: object) => ({ name: "base", architecture: "ARCHITECTURE_AMD64", ...more });
const docker = { docker: { image_ref: "ghcr.io/acme/node20-dev:latest" } };
const aws = (ami_ids: unknown) => image({ aws: { ami_ids } });
const gce = (self_link: unknown) => image({ gce: { self_link } });

describe("the name", () => {
  it.each([null, "", undefined])("is required, and %j does not count", (name) => {
    expect(refusal("image", image({ ...docker, name })).message).toBe("name is required");
  });

  it.each([
    42,
    true,
    ["base"],
    { a: 1 },
    "-a",
    "1a",
    "a_b",
    "a.b",
    "ä",
    "a b",
    "a\n",
    "a".repeat(64),
  ])("must match the grammar, which %j does not", (name) => {
    expect(refusal("image", image({ ...docker, name })).message).toBe(
      "name must match [a-z][a-z0-9-]{0,62}",
    );
  });

  it.each(["a", "a-", "a--b", "a0", "a".repeat(63)])("may be %j", (name) => {
    expect(parseBody("image", image({ ...docker, name })).name).toBe(name);
  });
});

describe("the description", () => {
  it("is measured in bytes of UTF-8", () => {
    const fits = "é".repeat(512);
    expect(parseBody("image", image({ ...docker, description: fits })).description).toBe(fits);
    expect(refusal("image", image({ ...docker, description: `${fits}x` })).message).toBe(
      "description exceeds 1024 byte limit",
    );
  });

  it("must be a string", () => {
    expect(refusal("image", image({ ...docker, description: 5 })).message).toContain("description");
  });
});

describe("the architecture", () => {
  it.each([
    ["amd64", "ARCHITECTURE_AMD64"],
    ["x86_64", "ARCHITECTURE_AMD64"],
    ["arm64", "ARCHITECTURE_ARM64"],
    ["AArch64", "ARCHITECTURE_ARM64"],
  ])("can be %s, and is stored as %s", (architecture, stored) => {
    expect(parseBody("image", image({ ...docker, architecture }))).toMatchObject({
      architecture: stored,
    });
  });

  it("is named with the choices if it is unknown", () => {
    const remedyOf = (architecture: string) =>
      refusal("image", image({ ...docker, architecture })).remedy;
    expect(remedyOf("amd46")).toBe(
      'Use a valid architecture enum value. `architecture` is "amd46". Did you mean amd64?',
    );
    expect(remedyOf("sparc")).toBe(
      'Use a valid architecture enum value. `architecture` is "sparc". Write amd64 or x86_64 or arm64 or aarch64.',
    );
  });

  it.each([
    "i386",
    "architecture_amd64",
    "ARCHITECTURE_UNSPECIFIED",
    1,
    ["ARCHITECTURE_AMD64"],
    {},
  ])("cannot be %j", (architecture) => {
    expect(refusal("image", image({ ...docker, architecture })).message).toBe(
      "unknown architecture value",
    );
  });
});

describe("the source", () => {
  it.each([
    image({ aws: null, gce: null }),
    image({ docker: "" }),
    image({ aws: { ami_ids: { "us-east-1": "ami-0abc123def456789a" } }, ...docker }),
    image({ ...aws({}), ...gce("x"), ...docker }),
  ])("must be exactly one: %j", (body) => {
    expect(refusal("image", body).message).toBe("source is required (aws, gce, or docker)");
  });

  it.each([
    [image({ aws: {} }), "aws.ami_ids must be non-empty"],
    [image({ aws: { ami_ids: null } }), "aws.ami_ids must be non-empty"],
    [image({ aws: { amiIds: [] } }), "aws.ami_ids must be non-empty"],
    [image({ aws: "ami-0abc123def456789a" }), "aws.ami_ids must be non-empty"],
    [aws({ " ": "ami-0abc123def456789a" }), "aws.ami_ids: region key must be non-empty"],
    [aws({ "us-east-1": null }), "aws.ami_ids[us-east-1]: must match ami-[0-9a-f]{8,17}"],
    [
      aws({ a: "ami-0abc123def456789a", b: "ami-0ABC123DEF" }),
      "aws.ami_ids[b]: must match ami-[0-9a-f]{8,17}",
    ],
    [aws({ a: "ami-0123456" }), "aws.ami_ids[a]: must match ami-[0-9a-f]{8,17}"],
    [aws({ a: "ami-0123456789abcdef01" }), "aws.ami_ids[a]: must match ami-[0-9a-f]{8,17}"],
    [aws({ a: "ami-01234567\n" }), "aws.ami_ids[a]: must match ami-[0-9a-f]{8,17}"],
    [gce(null), "gce.self_link is required"],
    [gce(""), "gce.self_link is required"],
    [gce(5), "gce.self_link: invalid GCE image reference"],
    [image({ docker: { image_ref: "" } }), "docker.image_ref is required"],
    [image({ docker: [] }), "docker.image_ref is required"],
    [image({ docker: { image_ref: 5 } }), "docker.image_ref: invalid OCI image reference"],
    [image({ docker: { image_ref: "a b" } }), "docker.image_ref: invalid OCI image reference"],
    [
      image({ docker: { image_ref: "a".repeat(100_000) } }),
      "docker.image_ref: invalid OCI image reference",
    ],
  ])("%j: %s", (body, message) => {
    expect(refusal("image", body).message).toBe(message);
  });

  it("reports every region with an invalid AMI id", () => {
    expect(violations("image", aws({ a: "x", b: "ami-01234567", c: "y" }))).toEqual([
      "aws.ami_ids[a]: must match ami-[0-9a-f]{8,17}",
      "aws.ami_ids[c]: must match ami-[0-9a-f]{8,17}",
    ]);
  });

  it("refers to a secret for its pull credential", () => {
    const fields = image({ docker: { image_ref: "a", pull_credential_secret: "GHCR_TOKEN" } });
    expect(parseBody("image", fields).docker?.pullCredentialSecret).toBe("GHCR_TOKEN");
    const wrong = image({ docker: { image_ref: "a", pull_credential_secret: "ghcr" } });
    expect(refusal("image", wrong).message).toBe(
      "docker.pull_credential_secret: must match [A-Z][A-Z0-9_]*",
    );
  });
});

describe("a GCE self-link", () => {
  it.each([
    "projects/debian-cloud/global/images/debian-12-bookworm-v20240110",
    "projects/debian-cloud/global/images/family/debian-12",
    "projects/example.com:agents/global/images/base",
    "projects/a.b.example.com:agents/global/images/family/base",
    "projects/123456789012/global/images/base",
    "projects/p/global/images/a",
    `projects/p/global/images/${"a".repeat(63)}`,
    "projects/p/global/images/family/family",
  ])("may be %s", (selfLink) => {
    expect(parseBody("image", gce(selfLink)).gce?.selfLink).toBe(selfLink);
  });

  it.each([
    "https://www.googleapis.com/compute/v1/projects/p/global/images/a",
    "/projects/p/global/images/a",
    "global/images/a",
    "projects/p/global/images/",
    "projects/p/global/images/family/",
    "projects//global/images/a",
    "projects/p/global/images/a/b",
    "projects/p/zones/z/images/a",
    "projects/P/global/images/a",
    "projects/p-/global/images/a",
    "projects/p/global/images/1a",
    "projects/p/global/images/a-",
    "projects/p/global/images/A",
    "projects/p/global/images/a_b",
    "projects/:p/global/images/a",
    "projects/example.com:/global/images/a",
    "projects/p/global/images/a ",
    "projects/p/global/images/a\n",
    `projects/p/global/images/${"a".repeat(64)}`,
    `projects/${"a-".repeat(100_000)}/global/images/a`,
    `projects/${"a.".repeat(300)}com:p/global/images/a`,
  ])("cannot be %j", (selfLink) => {
    expect(refusal("image", gce(selfLink)).message).toBe(
      "gce.self_link: invalid GCE image reference",
    );
  });
});
