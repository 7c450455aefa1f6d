import { describe, expect, it, vi } from "vitest";
import type { Catalog } from "../../../src/catalog/catalog.ts";
import type { CatalogRecord } from "../../../src/catalog/kinds.ts";
import { invalidArgument } from "../../../src/errors.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway } from "./support/fake-slipway.ts";

const image: CatalogRecord<"image"> = {
  name: "agent-base",
  description: "for \u001b[31magents",
  architecture: "ARCHITECTURE_AMD64",
  docker: { imageRef: "registry.example/agent:v1", pullCredentialSecret: "TOKEN" },
  generation: 3,
  createdAt: "2026-11-22T04:00:00.000Z",
  updatedAt: "2026-11-22T05:00:00.000Z",
  updatedBy: "ann",
};

const secret: CatalogRecord<"secret"> = {
  name: "TOKEN",
  generation: 1,
  createdAt: "2026-11-22T04:00:00.000Z",
  updatedAt: "2026-11-22T04:00:00.000Z",
  updatedBy: "ann",
};

const printed = {
  name: "agent-base",
  description: "for \u001b[31magents",
  architecture: "ARCHITECTURE_AMD64",
  docker: { image_ref: "registry.example/agent:v1", pull_credential_secret: "TOKEN" },
  generation: 3,
  created_at: "2026-11-22T04:00:00.000Z",
  updated_at: "2026-11-22T05:00:00.000Z",
  updated_by: "ann",
};

function withCatalog(catalog: Partial<Catalog>) {
  return { slipway: fakeSlipway({ catalog }) };
}

describe("set", () => {
  it("writes the body from standard input under the given name", async () => {
    const set = vi.fn().mockResolvedValue(image);
    const argv = ["set", "image", "agent-base", "--if-generation", "2", "-o", "json"];
    const ran = await runInMemory(argv, {
      ...withCatalog({ setDocument: set }),
      stdin: "name: agent-base\narchitecture: ARCHITECTURE_AMD64\n",
    });
    expect(set).toHaveBeenCalledExactlyOnceWith(
      "image",
      { name: "agent-base", architecture: "ARCHITECTURE_AMD64" },
      { name: "agent-base", ifGeneration: 2 },
    );
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(ran.stdout)).toEqual(printed);
  });

  it("reads a secret byte for byte, without one trailing newline", async () => {
    const setSecret = vi.fn<Catalog["setSecret"]>().mockResolvedValue(secret);
    const ran = await runInMemory(["set", "secret", "TOKEN"], {
      ...withCatalog({ setSecret }),
      stdin: Buffer.from([0xff, 0x00, 0x0a, 0x0a]),
    });
    const [name, value, options] = setSecret.mock.calls[0] ?? [];
    expect([name, options]).toEqual(["TOKEN", {}]);
    expect(value?.revealBytes()).toEqual(new Uint8Array([0xff, 0x00, 0x0a]));
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("reads a secret as a record with --resource", async () => {
    const set = vi.fn().mockResolvedValue(secret);
    await runInMemory(["set", "secret", "TOKEN", "--resource"], {
      ...withCatalog({ setDocument: set }),
      stdin: '{"name": "TOKEN", "plaintext_value": "hunter2"}',
    });
    expect(set).toHaveBeenCalledExactlyOnceWith(
      "secret",
      { name: "TOKEN", plaintext_value: "hunter2" },
      { name: "TOKEN" },
    );
  });

  it("reads at most one mebibyte", async () => {
    const ran = await runInMemory(["set", "image", "a", "-o", "json"], {
      stdin: Buffer.alloc(1024 * 1024 + 1, "#"),
    });
    expect(ran).toMatchObject({ exitCode: 2, stdout: "", opened: [] });
    expect(JSON.parse(ran.stderr)).toMatchObject({ error: { reason: "INPUT_TOO_LARGE" } });
  });

  it("reports what the catalog rejects, and exits with its code", async () => {
    const set = vi
      .fn()
      .mockRejectedValue(
        invalidArgument("INVALID_RECORD", "architecture is required", "Set `architecture`."),
      );
    const ran = await runInMemory(["set", "image", "a"], {
      ...withCatalog({ setDocument: set }),
      stdin: "{}",
    });
    expect(ran).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: "slipway: INVALID_ARGUMENT: architecture is required\nSet `architecture`.\n",
    });
  });
});

describe("patch", () => {
  it("changes the named fields", async () => {
    const patch = vi.fn().mockResolvedValue(image);
    const words = ["--set", "description=x: y", "--set", "aws.ami_ids.us-east-1=null"];
    const ran = await runInMemory(
      ["patch", "image", "agent-base", ...words, "--if-generation", "0"],
      withCatalog({ patch }),
    );
    expect(patch).toHaveBeenCalledExactlyOnceWith(
      "image",
      "agent-base",
      { description: "x: y", "aws.ami_ids.us-east-1": null },
      { ifGeneration: 0 },
    );
    expect(ran.exitCode).toBe(0);
  });

  it.each(["plaintext_value", "plaintextValue"])(
    "accepts no secret from an argument: %s",
    async (field) => {
      const ran = await runInMemory(["patch", "secret", "TOKEN", "--set", `${field}=hunter2`]);
      expect(ran).toMatchObject({ exitCode: 2, stdout: "", opened: [] });
      expect(ran.stderr).not.toContain("hunter2");
    },
  );
});

describe("get", () => {
  it("prints one record as YAML", async () => {
    const get = vi.fn().mockResolvedValue(image);
    const ran = await runInMemory(["get", "image", "agent-base"], withCatalog({ get }));
    expect(get).toHaveBeenCalledExactlyOnceWith("image", "agent-base");
    expect(ran.stdout).toContain("name: agent-base\n");
    expect(ran.stdout).toContain("  image_ref: registry.example/agent:v1\n");
    expect(ran.stdout).toContain("generation: 3\n");
  });

  it("prints one record as a form on a terminal, and wherever a table is requested", async () => {
    const get = vi.fn().mockResolvedValue(image);
    const argv = ["get", "image", "agent-base"];
    const form = await runInMemory(argv, { ...withCatalog({ get }), stdoutIsTerminal: true });
    expect(form.stdout).toMatch(/^KIND +image\nNAME +agent-base\n/);
    expect(form.stdout).toMatch(/^UPDATED AT +2026-11-22T05:00:00\.000Z \(2d ago\)$/mu);
    expect(form.stdout).toMatch(/\n\nDOCKER\n {2}IMAGE REF +registry\.example\/agent:v1\n/);
    expect(form.stdout).toContain("\\x1b[31magents");
    const table = await runInMemory([...argv, "-o", "table"], withCatalog({ get }));
    expect(table.stdout).toBe(form.stdout);
  });

  it("prints a list as a table on a terminal", async () => {
    const list = vi.fn().mockResolvedValue([image]);
    const ran = await runInMemory(["get", "image"], {
      ...withCatalog({ list }),
      stdoutIsTerminal: true,
      columns: 200,
    });
    const [titles, row] = ran.stdout.split("\n");
    expect(titles?.split(/ {2,}/)).toEqual([
      "NAME",
      "SUBSTRATE",
      "ARCHITECTURE",
      "SOURCE",
      "GENERATION",
      "UPDATED",
      "DESCRIPTION",
    ]);
    expect(row?.split(/ {2,}/)).toEqual([
      "agent-base",
      "DOCKER",
      "amd64",
      "registry.example/agent:v1",
      "3",
      "2026-11-22T05:00:00.000Z",
      "for \\x1b[31magents",
    ]);
  });

  it("prints a list as YAML in a pipe and as an array with JSON", async () => {
    const options = withCatalog({ list: vi.fn().mockResolvedValue([image]) });
    expect((await runInMemory(["get", "image"], options)).stdout).toMatch(/^- name: /);
    const ran = await runInMemory(["-o", "json", "get", "image"], options);
    expect(JSON.parse(ran.stdout)).toEqual([printed]);
  });

  it("prints an empty list", async () => {
    const options = withCatalog({ list: vi.fn().mockResolvedValue([]) });
    expect((await runInMemory(["get", "workspace"], options)).stdout).toBe("[]\n");
    expect((await runInMemory(["get", "workspace", "-otable"], options)).stdout).toBe(
      "NAME  GENERATION  UPDATED  DESCRIPTION\n",
    );
  });

  it.each<
    readonly [
      "image" | "workspace" | "placement" | "environment" | "machine-type" | "disk-type" | "secret",
      object,
      string,
    ]
  >([
    [
      "image",
      { architecture: "ARCHITECTURE_ARM64", aws: { amiIds: { "us-east-1": "ami-0abc1234" } } },
      "us-east-1: ami-0abc1234",
    ],
    [
      "image",
      { architecture: "ARCHITECTURE_ARM64", gce: { selfLink: "projects/p/global/images/i" } },
      "projects/p/global/images/i",
    ],
    ["workspace", { imageRef: "agent", placement: "here" }, "here"],
    ["placement", { substrate: "AWS", target: { aws: { region: "eu-west-1" } } }, "eu-west-1"],
    ["placement", { substrate: "GCP", target: { gcp: { zones: ["a-a", "a-b"] } } }, "a-a, a-b"],
    ["placement", { substrate: "DOCKER", target: { docker: {} } }, "the current Docker context"],
    ["environment", { substrate: "DOCKER", machineTypeRef: "small", diskSizeGb: 0 }, "small"],
    [
      "machine-type",
      { architecture: "ARCHITECTURE_ARM64", vcpus: 2, memoryGb: 4, spec: { docker: {} } },
      "arm64",
    ],
    ["disk-type", { spec: { gce: { diskType: "pd-ssd" } } }, "GCP"],
    ["secret", {}, "TOKEN"],
  ])("prints a table for the kind %s (%o)", async (kind, fields, shown) => {
    const list = vi.fn().mockResolvedValue([{ ...secret, ...fields }]);
    const ran = await runInMemory(["get", kind, "-o", "table"], withCatalog({ list }));
    expect(ran).toMatchObject({ exitCode: 0, stderr: "" });
    expect(ran.stdout).toContain(shown);
  });
});

describe("delete", () => {
  it("passes --force on", async () => {
    const remove = vi.fn<Catalog["delete"]>().mockResolvedValue();
    const argv = ["delete", "workspace", "agent-dev", "--force"];
    expect((await runInMemory(argv, withCatalog({ delete: remove }))).exitCode).toBe(0);
    expect(remove.mock.calls[0]?.[2]).toMatchObject({ force: true });
  });

  it("deletes the resource and confirms it", async () => {
    const remove = vi.fn().mockResolvedValue(undefined);
    const argv = ["delete", "image", "agent-base", "--if-generation=3", "-ojson"];
    const ran = await runInMemory(argv, withCatalog({ delete: remove }));
    expect(remove).toHaveBeenCalledExactlyOnceWith("image", "agent-base", {
      ifGeneration: 3,
      force: false,
    });
    expect(JSON.parse(ran.stdout)).toEqual({ kind: "image", name: "agent-base", deleted: true });
  });

  it("accepts a name that starts with a dash after --, and lets the catalog validate it", async () => {
    const remove = vi.fn().mockRejectedValue(invalidArgument("INVALID_RECORD", "no name"));
    const ran = await runInMemory(["delete", "image", "--", "-x"], withCatalog({ delete: remove }));
    expect(remove).toHaveBeenCalledExactlyOnceWith("image", "-x", { force: false });
    expect(ran.exitCode).toBe(2);
  });
});

describe("history", () => {
  const entries = [
    {
      generation: 2,
      updatedAt: "2026-11-22T05:00:00.000Z",
      updatedBy: "ben",
      deleted: true,
      record: null,
    },
    {
      generation: 1,
      updatedAt: "2026-11-22T04:00:00.000Z",
      updatedBy: "ann",
      deleted: false,
      record: { name: "TOKEN" },
    },
  ];

  it("prints the generations in their order", async () => {
    const options = withCatalog({ history: vi.fn().mockResolvedValue(entries) });
    const ran = await runInMemory(["history", "secret", "TOKEN", "-o", "json"], options);
    expect(JSON.parse(ran.stdout)).toMatchObject([
      { generation: 2, updated_by: "ben", deleted: true, record: null },
      { generation: 1, updated_at: "2026-11-22T04:00:00.000Z", record: { name: "TOKEN" } },
    ]);
    const table = await runInMemory(["history", "secret", "TOKEN", "-o", "table"], options);
    expect(table.stdout.split("\n")[1]).toMatch(/^2 .* ben {2}deleted$/);
  });
});
