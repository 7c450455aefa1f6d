import { describe, expect, it } from "vitest";
import { applyAssignments, parseAssignments } from "../../../src/catalog/assignments.ts";
import type { CatalogKind } from "../../../src/catalog/kinds.ts";
import { caughtError } from "../../support/caught.ts";

describe("parseAssignments", () => {
  it.each([
    ["workspace", "description=2024", "2024"],
    ["workspace", "description=true", "true"],
    ["workspace", "description=a: b # c", "a: b # c"],
    ["workspace", 'description="quoted"', '"quoted"'],
    ["workspace", "description=a=b", "a=b"],
    ["workspace", "min_idle=3", 3],
    ["workspace", "minIdle=3", 3],
    ["workspace", "min_idle=three", "three"],
    ["workspace", "min_idle=", null],
    ["workspace", "min_idle=null", null],
    ["workspace", "description=", null],
    ["workspace", "secret_refs=[A, B]", ["A", "B"]],
    ["workspace", 'ports=[{"port": 80, "name": "web"}]', [{ port: 80, name: "web" }]],
    ["workspace", "boot_document=none", "none"],
    ["image", "aws.ami_ids.us-east-1=ami-0abc123def456789a", "ami-0abc123def456789a"],
    ["image", "aws.ami_ids.us-east-1=12345678", "12345678"],
    ["image", "aws.ami_ids={us-east-1: ami-01234567}", { "us-east-1": "ami-01234567" }],
    ["image", "docker.image_ref=a:1.0", "a:1.0"],
    ["placement", "target.aws.account_id=012345678901", "012345678901"],
    ["placement", "aws.account_id=012345678901", "012345678901"],
    ["placement", "target.aws.assign_public_ip=true", true],
    ["placement", "target.aws.tags.version=1.0", "1.0"],
    ["machine-type", "vcpus=4", 4],
    ["machine-type", "spec.docker.cpus=0.5", 0.5],
    ["machine-type", "spec.docker={}", {}],
    ["image", "no_such_field=5", "5"],
    ["image", "constructor.name=5", "5"],
  ] as const satisfies readonly (readonly [CatalogKind, string, unknown])[])(
    "%s %s",
    (kind, text, value) => {
      const path = text.slice(0, text.indexOf("="));
      expect(parseAssignments(kind, [text])).toEqual({ [path]: value });
    },
  );

  it.each([
    ["description", "description is not of the form field=value"],
    ["=x", '"=x" is not of the form field=value'],
    ["a..b=1", "a..b is not the path of a field"],
    [".a=1", ".a is not the path of a field"],
    ["a.=1", "a. is not the path of a field"],
    ["secret_refs=[A", "line 1, column 3"],
    ["ports=[{a: 1, a: 2}]", "given twice"],
  ])("refuses %j", async (text, message) => {
    const error = await caughtError(() => parseAssignments("workspace", [text]));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain(message);
  });

  it("refuses a field that is set twice", async () => {
    const twice = () => parseAssignments("image", ["description=a", "description=b"]);
    expect((await caughtError(twice)).message).toBe("description is set twice");
  });

  it("takes no secret from an argument, and does not repeat it", async () => {
    for (const text of ["plaintext_value=hunter2", "plaintextValue=hunter2"]) {
      const error = await caughtError(() => parseAssignments("secret", [text]));
      expect(error.message).toBe(
        "a secret's value comes from standard input, never from an argument",
      );
      expect(JSON.stringify(error)).not.toContain("hunter2");
    }
  });
});

describe("applyAssignments", () => {
  const image = { name: "a", aws: { ami_ids: { "us-east-1": "ami-1", "us-west-2": "ami-2" } } };

  it.each([
    [{ description: "d" }, { ...image, description: "d" }],
    [{ "aws.ami_ids.us-west-2": null }, { name: "a", aws: { ami_ids: { "us-east-1": "ami-1" } } }],
    [
      { "aws.amiIds.eu-west-1": "ami-3" },
      { name: "a", aws: { ami_ids: { ...image.aws.ami_ids, "eu-west-1": "ami-3" } } },
    ],
    [
      { aws: null, "docker.image_ref": "x" },
      { name: "a", docker: { image_ref: "x" } },
    ],
    [{ "gce.labels.a.b": "c" }, { ...image, gce: { labels: { "a.b": "c" } } }],
    [{ missing: null }, image],
    [{ "missing.deep": null }, { ...image, missing: {} }],
    [{}, image],
  ])("makes %j", (assignments, fields) => {
    const before = structuredClone(image);
    expect(applyAssignments("image", image, assignments)).toEqual(fields);
    expect(image).toEqual(before);
  });

  it("finds a placement's arm under target", () => {
    const placement = { name: "p", target: { docker: {} } };
    expect(applyAssignments("placement", placement, { "docker.network": "n" })).toEqual({
      name: "p",
      target: { docker: { network: "n" } },
    });
  });

  it("refuses a field of what has none", async () => {
    const error = await caughtError(() => applyAssignments("image", image, { "name.first": "x" }));
    expect(error.message).toBe("name.first: name has no fields of its own");
  });

  it("takes __proto__ for a key like any other", () => {
    const changed = applyAssignments("image", image, { "__proto__.polluted": "yes" });
    expect(Object.hasOwn(changed, "__proto__")).toBe(true);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(changed["polluted"]).toBeUndefined();
  });
});
