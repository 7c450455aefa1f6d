import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { uniqueName } from "../../support/world.ts";
import { PROJECT } from "../support/gce-cli.ts";
import { printedError } from "../support/printed-error.ts";
import { openGceCommands } from "./support/gce-fields.ts";
import type { GceCommands, GceFields } from "./support/gce-fields.ts";

let commands: GceCommands;
beforeAll(async () => {
  commands = await openGceCommands();
});
afterAll(async () => {
  await commands[Symbol.asyncDispose]();
});

/** One field: what the record says, what Compute Engine has, and what `describe` prints of it. */
interface Applied {
  readonly fields: GceFields;
  /** Of the instance. */
  readonly wire: Readonly<Record<string, unknown>>;
  readonly described: JsonObject;
  /** Of the plan's target, where it differs from the record. */
  readonly planned?: JsonObject;
}

const ACCOUNT = `agent@${PROJECT}.iam.gserviceaccount.com`;
const LOGGING = "https://www.googleapis.com/auth/logging.write";
const BIGTABLE = "https://www.googleapis.com/auth/bigtable.data";

const APPLIED: Readonly<Record<string, Applied>> = {
  network_tags: {
    fields: { placement: { network_tags: ["ssh", "web-server"] } },
    wire: { tags: ["ssh", "web-server"] },
    described: { network_tags: ["ssh", "web-server"] },
  },
  service_account_scopes: {
    fields: {
      serviceAccount: ACCOUNT,
      placement: { service_account_scopes: ["logging-write", BIGTABLE, LOGGING] },
    },
    wire: { serviceAccounts: [{ email: ACCOUNT, scopes: [LOGGING, BIGTABLE] }] },
    described: { service_account: ACCOUNT, service_account_scopes: [LOGGING, BIGTABLE] },
    planned: { service_account: ACCOUNT, service_account_scopes: [LOGGING, BIGTABLE] },
  },
  metadata: {
    fields: { placement: { metadata: { "enable-oslogin": "TRUE", camelCase: "snake_case" } } },
    wire: {
      metadata: expect.arrayContaining([
        expect.objectContaining({ key: "user-data" }),
        { key: "enable-oslogin", value: "TRUE" },
        { key: "camelCase", value: "snake_case" },
      ]),
    },
    described: { metadata: { "enable-oslogin": "TRUE", camelCase: "snake_case" } },
  },
};

/** Placements that `set` refuses, and the message after the field's path. */
const REJECTED: readonly (readonly [JsonObject, string])[] = [
  [{ network_tags: [] }, "network_tags: must list at least one network tag"],
  [{ network_tags: ["Web"] }, "network_tags[0]: must be 1 to 63 lower-case letters, digits and -"],
  [{ network_tags: ["web-"] }, "network_tags[0]: must be 1 to 63 lower-case letters"],
  [{ network_tags: ["a".repeat(64)] }, "network_tags[0]: must be 1 to 63 lower-case letters"],
  [{ network_tags: ["web", "web"] }, "network_tags: must not contain duplicates"],
  [
    { network_tags: Array.from({ length: 65 }, (_, index) => `tag-${index}`) },
    "network_tags: must list at most 64 network tags",
  ],
  [{ service_account_scopes: [] }, "service_account_scopes: must list at least one scope"],
  [
    { service_account_scopes: ["devstorage.read_only"] },
    "service_account_scopes[0]: must be an alias of gcloud, such as logging-write, or an address",
  ],
  [
    { service_account_scopes: ["trace", "trace"] },
    "service_account_scopes: must not contain duplicates",
  ],
  [
    { service_account_scopes: ["trace"] },
    "service_account_scopes: must not be set without service_account: set that to an address",
  ],
  [{ metadata: { "a.b": "x" } }, "metadata.a.b: must have keys of 1 to 128 letters, digits, _ and"],
  [{ metadata: { ["a".repeat(129)]: "x" } }, `metadata.${"a".repeat(40)}`],
  [{ metadata: { "serial-port-enable": true } }, "metadata.serial-port-enable: must be a string"],
  ...["user-data", "user-data-encoding", "slipway-artifact"].map(
    (key) =>
      [
        { metadata: { [key]: "x" } },
        "metadata: must not have keys that start with user-data or slipway-",
      ] as const,
  ),
  [
    { metadata: { ab: "ä".repeat(130_560) } },
    "metadata: must have at most 261120 bytes of keys and values",
  ],
];

describe("a field of a placement about access and network on Compute Engine", () => {
  it.each(Object.entries(APPLIED))(
    "%s is on the wire, in the plan with its source, and in describe",
    async (name, { fields, wire, described, planned = fields.placement }) => {
      const workspace = await commands.records(fields);
      const id = `applied-${name.replaceAll(/[^a-z]+/g, "-")}`;
      await commands.json("spawn", workspace, "--id", id);
      expect(commands.instance(id)).toMatchObject(wire);
      expect(await commands.json("describe", id)).toMatchObject({
        machine: { settings: described },
        plan: {
          target: planned,
          sources: {
            [`/target/${name}`]: `placement ${workspace} generation 1 target.gcp.${name}`,
          },
        },
      });
    },
  );

  it("is absent from the plan and from the wire without it", async () => {
    const workspace = await commands.records({});
    await commands.json("spawn", workspace, "--id", "without");
    const described = await commands.json("describe", "without");
    const names = Object.keys(APPLIED);
    for (const part of [Object(described).plan.target, Object(described).machine.settings])
      expect(Object.keys(part).filter((name) => names.includes(name))).toEqual([]);
    expect(commands.instance("without")).toMatchObject({ tags: [], serviceAccounts: [] });
  });

  it.each(REJECTED.map(([placement, message]) => ({ placement, message })))(
    "set refuses $message",
    async ({ placement, message }) => {
      await expect(commands.records({ placement })).rejects.toThrow(`target.gcp.${message}`);
    },
  );
});

/** What only the launch can know, in a project of its own. */
const REFUSED_AT_LAUNCH: Readonly<Record<string, (project: string) => Refusal>> = {
  "network_tags without the permission to set them"(project) {
    commands.gce.deny({ project, permission: "compute.instances.setTags" });
    return {
      fields: { placement: { network_tags: ["web"] } },
      error: {
        code: "PERMISSION_DENIED",
        reason: "CLOUD_PERMISSION_DENIED",
        message: expect.stringContaining("Required 'compute.instances.setTags' permission for"),
      },
    };
  },
  "metadata that a policy forbids"(project) {
    commands.gce.enforce({ project, constraint: "compute.disableSerialPortAccess", allowed: [] });
    return {
      fields: { placement: { metadata: { "serial-port-enable": "TRUE" } } },
      error: {
        code: "FAILED_PRECONDITION",
        reason: "CLOUD_REQUEST_REFUSED",
        message: expect.stringContaining("constraints/compute.disableSerialPortAccess violated"),
        remedy: expect.stringMatching(/^Leave serial-port-enable out of the placement's metadata/),
      },
    };
  },
  "metadata that disables a login that a policy demands"(project) {
    commands.gce.enforce({ project, constraint: "compute.requireOsLogin", allowed: [] });
    return {
      fields: { placement: { metadata: { "enable-oslogin": "FALSE" } } },
      error: {
        reason: "CLOUD_REQUEST_REFUSED",
        message: expect.stringContaining("constraints/compute.requireOsLogin violated"),
        remedy: expect.stringMatching(/^Set enable-oslogin to TRUE/),
      },
    };
  },
  "service_account_scopes of which one is unknown": () => ({
    fields: {
      serviceAccount: "default",
      placement: { service_account_scopes: ["trace", "https://example.com/auth/trace"] },
    },
    error: {
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_REQUEST_REFUSED",
      message: expect.stringContaining(
        "One or more of the service account scopes are invalid: 'https://example.com/auth/trace'",
      ),
      remedy: "Correct service_account_scopes of the placement.",
    },
  }),
};

interface Refusal {
  readonly fields: GceFields;
  readonly error: Readonly<Record<string, unknown>>;
}

describe("the launch's refusal has Compute Engine's words", () => {
  it.each(Object.entries(REFUSED_AT_LAUNCH))("%s", async (_name, make) => {
    const project = uniqueName();
    const { fields, error } = make(project);
    const placement = { ...fields.placement, project };
    const workspace = await commands.records({ ...fields, placement });
    const ran = await commands.run(["spawn", workspace, "-o", "json"]);
    expect(printedError(ran)).toMatchObject(error);
  });
});
