import { describe, expect, it } from "vitest";
import { memoryCatalog } from "../../support/catalog/open-catalog.ts";
import { caughtError } from "../../support/caught.ts";
import { parseBody } from "../../../src/catalog/parse.ts";
import { closestTo } from "../../../src/catalog/suggestions.ts";
import { refusal, violations } from "./violations.ts";

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
    expect(closestTo("fake-gec", ["fake-ec2", "fake-gce"])).toBe("fake-gce");
    expect(closestTo("sw", ["workspace", "ws"])).toBe("ws");
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

  it("is reported without the required field that it means", () => {
    const image = { name: "i", architecture: "amd64" };
    for (const [kind, body, message] of [
      ["image", { name: "i", architecure: "amd64", docker: { image_ref: "a/b" } }, "architecure"],
      ["image", { ...image, dokcer: { image_ref: "a/b" } }, "dokcer"],
      ["image", { ...image, aws: { ami_id: { r: "ami-0abc123def456789a" } } }, "aws.ami_id"],
      ["image", { ...image, docker: { image: "a/b" } }, "docker.image"],
      ["workspace", { name: "w", image: "i", placement: "p" }, "image"],
    ] as const)
      expect(violations(kind, body)).toEqual([`unknown field ${message}`]);
  });

  it("is reported beside a field that is wrong, and beside one that is missing anyway", () => {
    expect(violations("environment", { name: "e", substrat: "AWS", disk_size_gb: -1 })).toEqual([
      "machine_type_ref is required",
      "disk_size_gb must be non-negative",
      "unknown field substrat",
    ]);
    expect(
      violations("image", {
        name: "i",
        architecture: "arm",
        architectur: "x",
        docker: { image_ref: "a/b" },
      }),
    ).toEqual(["unknown architecture value", "unknown field architectur"]);
  });

  it("is answered with the fields there are if none is close", () => {
    expect(
      refusal("disk-type", { name: "d", spec: { aws: { volume_type: "gp3", colour: "red" } } })
        .remedy,
    ).toMatch(/^Remove the field, or correct its spelling: the fields here are volume_type\b/);
  });
});

describe("a value of the wrong type", () => {
  const environment = (fields: object) =>
    refusal("environment", { name: "e", substrate: "AWS", machine_type_ref: "m", ...fields });
  const workspace = (fields: object) =>
    refusal("workspace", { name: "w", image_ref: "i", placement: "p", ...fields });

  it.each([
    ["20GB", "Write 20, without quotes or a unit."],
    ["0.5", "Write 0.5, without quotes or a unit."],
    ["large", "Write it as a number."],
  ])("is answered with the number in %s", (size, advice) => {
    expect(environment({ disk_size_gb: size }).remedy).toBe(
      `\`disk_size_gb\` is "${size}". ${advice}`,
    );
  });

  it("is answered with a list, or with the fields that its items or it have", () => {
    expect(workspace({ command: "serve" }).remedy).toBe('`command` is "serve". Write [serve].');
    expect(workspace({ ports: 8080 }).remedy).toMatch(
      /^`ports` is 8080. Write a list of maps with port, name/,
    );
    expect(workspace({ ports: [8080] }).remedy).toMatch(
      /^`ports\[0\]` is 8080. Write a map with port, name/,
    );
  });

  it("is not written again if it could contain a credential", () => {
    expect(JSON.stringify(workspace({ command: "a://user:password@b" }))).not.toContain("password");
  });
});

describe("the answer to an image", () => {
  const image = (source: object) =>
    refusal("image", { name: "i", architecture: "amd64", ...source }).remedy;

  it("names all of its sources", () => {
    expect(image({ docker: { image_ref: "a/b" }, gce: { self_link: "x" } })).toBe(
      "Provide exactly one of `aws`, `gce`, or `docker`. The image has gce and docker.",
    );
    expect(image({})).toBe("Provide exactly one of `aws`, `gce`, or `docker`.");
  });

  it("names the value, unless that could be a credential", () => {
    expect(image({ aws: { ami_ids: { r: "base" } } })).toContain('`aws.ami_ids[r]` is "base".');
    expect(image({ docker: { image_ref: "ghcr.io/a b" } })).toContain('is "ghcr.io/a b".');
    for (const reference of ["user:pass@ghcr.io/A", "ghp_Secret", `a/${"B".repeat(80)}`])
      expect(image({ docker: { image_ref: reference } })).not.toContain(reference);
  });

  it("has the partial link of a URL", () => {
    const link = "projects/agents/global/images/family/debian-12";
    const url = `https://compute.googleapis.com/compute/v1/${link}`;
    expect(image({ gce: { self_link: url } })).toContain(` Write ${link} in place of ${url}.`);
    for (const other of [`https://user:pass@host/${link}`, "https://host/debian-12"])
      expect(image({ gce: { self_link: other } })).not.toContain("in place of");
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
