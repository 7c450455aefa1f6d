import { describe, expect, it } from "vitest";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";
import { parseBody } from "../../../src/catalog/parse.ts";
import { closestTo } from "../../../src/catalog/suggestions.ts";
import { refusal } from "./violations.ts";

describe("closestTo", () => {
  const FIELDS = ["imageRef", "placement", "environmentRef", "ports"];

  it.each([
    ["image_reff", "imageRef"],
    ["imgeRef", "imageRef"],
    ["Placment", "placement"],
    ["port", "ports"],
    ["environment-ref", "environmentRef"],
    ["environment", "environmentRef"],
    ["image", "imageRef"],
  ])("finds what %s means", (word, meant) => {
    expect(closestTo(word, FIELDS)).toBe(meant);
  });

  it.each(["zone", "", "xx", "env", "a".repeat(10_000)])(
    "suggests nothing unrelated to %s",
    (word) => {
      expect(closestTo(word, FIELDS)).toBeNull();
    },
  );

  it("suggests none of several fields that begin with the word", () => {
    expect(closestTo("disk", ["diskTypeRef", "diskSizeGb"])).toBeNull();
  });

  it("prefers the fewest edits", () => {
    expect(closestTo("imag", ["images", "image"])).toBe("image");
  });
});

describe("an unknown field", () => {
  const placement = (aws: object) => ({
    name: "here",
    substrate: "AWS",
    target: {
      aws: { account_id: "123456789012", region: "us-east-1", subnet_ids: ["subnet-1"], ...aws },
    },
  });

  it("is answered with the field that was meant, at any depth", () => {
    expect(refusal("placement", placement({ subnet_idz: [] })).remedy).toBe(
      "Did you mean `target.aws.subnet_ids`?",
    );
    expect(
      refusal("workspace", {
        name: "w",
        image_ref: "a",
        placement: "b",
        repos: [{ clone_ulr: "x" }],
      }).remedy,
    ).toBe("Did you mean `repos[0].clone_url`?");
  });

  it("is answered with the fields there are if none is close", () => {
    expect(
      refusal("disk-type", { name: "d", spec: { aws: { volume_type: "gp3", colour: "red" } } })
        .remedy,
    ).toMatch(/^Remove the field, or correct its spelling: the fields here are volume_type\b/);
  });
});

describe("a wrong value", () => {
  it("is named with the value that was meant", () => {
    const remedy = (substrate: string) =>
      refusal("environment", { name: "e", substrate, machine_type_ref: "m" }).remedy;
    expect(remedy("AWZ")).toBe('`substrate` is "AWZ". Did you mean AWS?');
    expect(remedy("azure")).toBe('`substrate` is "azure". Write AWS or GCP or DOCKER.');
  });

  it("is not repeated if it could contain a credential", () => {
    const error = refusal("placement", {
      name: "p",
      substrate: "DOCKER",
      target: { docker: { host: "tcp://user:password@host:1" } },
    });
    expect(JSON.stringify(error)).not.toContain("password");
  });

  it("leaves a record without faults as it is", () => {
    expect(
      parseBody("environment", { name: "e", substrate: "AWS", machine_type_ref: "m" }),
    ).toEqual({
      name: "e",
      substrate: "AWS",
      machineTypeRef: "m",
    });
  });
});

describe("the name of a record", () => {
  const IMAGE = { name: "agent-base", architecture: "amd64", docker: { image_ref: "a/b" } };

  it("is suggested for one that does not exist", async () => {
    const { catalog } = memoryCatalog();
    await catalog.setDocument("image", IMAGE);
    for (const action of [
      () => catalog.get("image", "agent-bsae"),
      () => catalog.patch("image", "agent-bsae", { description: "x" }),
      () => catalog.delete("image", "agent-bsae"),
      () => catalog.history("image", "agent-bsae"),
    ])
      expect(await caughtError(action)).toMatchObject({
        reason: "RECORD_NOT_FOUND",
        remedy: "Did you mean image agent-base? List the existing ones with `slipway get image`.",
      });
    expect((await caughtError(() => catalog.get("image", "other"))).remedy).toBe(
      "List the existing ones with `slipway get image`.",
    );
  });

  it("is suggested for a reference, also to a record of the same file", async () => {
    const { catalog } = memoryCatalog();
    const workspace = { name: "dev", image_ref: "agent-bse", placement: "here" };
    const placement = { kind: "placement", name: "here", substrate: "DOCKER", docker: {} };
    const documents = [{ kind: "image", ...IMAGE }, placement, { kind: "ws", ...workspace }];
    const together = await caughtError(() => catalog.apply(documents));
    expect(together.remedy).toMatch(/^Did you mean image agent-base\? Create the missing/);
    await catalog.apply(documents.slice(0, 2));
    const alone = await caughtError(() => catalog.setDocument("workspace", workspace));
    expect(alone.remedy).toMatch(/^Did you mean image agent-base\? Create the missing/);
  });

  it.each([
    ["imgae", "Did you mean image? "],
    ["placments", "Did you mean placements? "],
  ])("is suggested for the kind %s", async (kind, remedy) => {
    const { catalog } = memoryCatalog();
    const error = await caughtError(() => catalog.apply([{ kind, name: "a" }]));
    expect(error.remedy).toContain(remedy);
  });
});
