import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { uniqueName } from "../../support/world.ts";
import { PROJECT } from "../support/gce-cli.ts";
import { printedError } from "../support/printed-error.ts";
import { openGceCommands } from "./support/gce-fields.ts";
import type { GceCommands, GceFields } from "./support/gce-fields.ts";

const SUBNETS = [
  { name: "default-two", network: "default", stackType: "IPV4_ONLY" },
  { name: "data", network: "data", stackType: "IPV4_IPV6" },
  { name: "data-two", network: "data", stackType: "IPV4_ONLY" },
] as const;

/** The partial link of a subnet in the zones' region. */
function subnetwork(name: string): string {
  return `projects/${PROJECT}/regions/us-central1/subnetworks/${name}`;
}

let commands: GceCommands;
beforeAll(async () => {
  commands = await openGceCommands();
  for (const { name, network, stackType } of SUBNETS)
    commands.gce.addSubnetwork(PROJECT, {
      name,
      network,
      region: "us-central1",
      cidr: "10.9.0.0/16",
      stackType,
    });
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
  network_interfaces: {
    fields: {
      placement: {
        network_interfaces: [
          { subnet: "default", assign_public_ip: true },
          { subnet: "data", nic_type: "GVNIC", stack_type: "IPV4_IPV6" },
          { subnet: "default-two", network_project: PROJECT },
        ],
      },
      machineTypes: ["n2-standard-4"],
    },
    wire: {
      networks: [
        { subnetwork: subnetwork("default"), external: { name: "External NAT" }, nicType: null },
        {
          subnetwork: subnetwork("data"),
          external: null,
          nicType: "GVNIC",
          stackType: "IPV4_IPV6",
        },
        { subnetwork: subnetwork("default-two"), external: null, nicType: null },
      ],
    },
    described: {
      network_interfaces: [
        { subnet: subnetwork("default"), assign_public_ip: true, stack_type: "IPV4_ONLY" },
        {
          subnet: subnetwork("data"),
          assign_public_ip: false,
          nic_type: "GVNIC",
          stack_type: "IPV4_IPV6",
        },
        { subnet: subnetwork("default-two"), assign_public_ip: false, stack_type: "IPV4_ONLY" },
      ],
    },
    planned: { subnet: "default", network_project: null, assign_public_ip: true },
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
  [{ network_interfaces: [] }, "network_interfaces: must list at least one network interface"],
  [{ network_interfaces: [{}] }, "network_interfaces[0].subnet is required"],
  [
    { network_interfaces: [{ subnet: "default", nic_type: "E1000" }] },
    "network_interfaces[0].nic_type: must be one of GVNIC, VIRTIO_NET, IDPF",
  ],
  [
    { network_interfaces: [{ subnet: "default", stack_type: "IPV6" }] },
    "network_interfaces[0].stack_type: must be one of IPV4_ONLY, IPV4_IPV6",
  ],
  [
    { network_interfaces: [{ subnet: "regions/us-east1/subnetworks/default" }] },
    "network_interfaces[0].subnet: must be in the zones' region",
  ],
  [
    { network_interfaces: [{ subnet: "default" }, { subnet: "default" }] },
    "network_interfaces: must have a subnet of its own for each interface",
  ],
  ...[{ subnet: "default" }, { network_project: "hub" }, { assign_public_ip: true }].map(
    (short) =>
      [
        { network_interfaces: [{ subnet: "default" }], ...short },
        `${Object.keys(short)[0]}: must not be set with network_interfaces: set it for each`,
      ] as const,
  ),
  [{ subnet: null }, "subnet is required"],
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
        machine: {
          settings: { machine_type: fields.machineTypes?.[0] ?? "n2-standard-2", ...described },
        },
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

/** A finding of the dry run: its check, its reason and words of its message. */
interface Finding {
  readonly fields: GceFields;
  readonly finding: readonly [check: string, reason: string, words: string];
}

const interfaces = (...list: readonly JsonObject[]): GceFields => ({
  placement: { network_interfaces: list },
  machineTypes: ["n2-standard-4"],
});

const REFUSED: Readonly<Record<string, Finding>> = {
  "network_interfaces of which the second's subnet does not exist": {
    fields: interfaces({ subnet: "default" }, { subnet: "absent" }),
    finding: ["subnets.exist", "SUBNET_NOT_FOUND", `${subnetwork("absent")}' was not found`],
  },
  "network_interfaces that share a subnet by different names": {
    fields: interfaces({ subnet: "default" }, { subnet: subnetwork("default") }),
    finding: [
      "subnets.distinct",
      "NETWORK_MISMATCH",
      `two network interfaces are in ${subnetwork("default")}`,
    ],
  },
  "network_interfaces that share a network which is not the first one's": {
    fields: interfaces({ subnet: "default" }, { subnet: "data" }, { subnet: "data-two" }),
    finding: [
      "subnets.distinct",
      "NETWORK_MISMATCH",
      "two network interfaces are in network data, which is not the network of the first",
    ],
  },
  "more network_interfaces than the machine type has": {
    fields: {
      ...interfaces({ subnet: "default" }, { subnet: "data" }, { subnet: "default-two" }),
      machineTypes: ["n2-standard-2"],
    },
    finding: [
      "machine-type.interfaces",
      "INTERFACES_UNSUPPORTED",
      "n2-standard-2 has 2 vCPUs and therefore at most 2 network interfaces, not 3",
    ],
  },
  "a stack_type that the subnet does not have": {
    fields: interfaces({ subnet: "default", stack_type: "IPV4_IPV6" }),
    finding: [
      "subnets.stack",
      "NETWORK_MISMATCH",
      `${subnetwork("default")} has the stack IPV4_ONLY, which does not take`,
    ],
  },
};

describe("the dry run refuses", () => {
  it.each(Object.entries(REFUSED))("%s", async (_name, { fields, finding }) => {
    const [name, reason, words] = finding;
    const workspace = await commands.records(fields);
    const { exitCode, error } = await commands.refused(["resolve", workspace]);
    expect(exitCode).toBe(3);
    expect(error.checks?.filter(({ outcome }) => outcome === "failed")).toEqual([
      expect.objectContaining({ name, reason, message: expect.stringContaining(words) }),
    ]);
  });

  it("machine types with too few vCPUs for the interfaces, and leaves the others", async () => {
    const workspace = await commands.records({
      ...interfaces({ subnet: "default" }, { subnet: "data" }, { subnet: "default-two" }),
      machineTypes: ["n2-standard-2", "n2-standard-4"],
    });
    const { stdout } = await commands.run(["resolve", workspace, "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      candidates: [
        { machine_type: "n2-standard-2", verdict: "rejected" },
        { machine_type: "n2-standard-2", verdict: "rejected" },
        { machine_type: "n2-standard-4", verdict: "eligible" },
        { machine_type: "n2-standard-4", verdict: "eligible" },
      ],
    });
  });
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
  "network_interfaces of which one has a public address that a policy forbids"(project) {
    commands.gce.enforce({ project, constraint: "compute.vmExternalIpAccess", allowed: [] });
    const data = { name: "data", network: "data", region: "us-central1", cidr: "10.9.0.0/16" };
    commands.gce.addSubnetwork(project, data);
    return {
      fields: interfaces({ subnet: "default" }, { subnet: "data", assign_public_ip: true }),
      error: {
        reason: "CLOUD_REQUEST_REFUSED",
        message: expect.stringContaining("constraints/compute.vmExternalIpAccess violated"),
        remedy: expect.stringMatching(/^Set assign_public_ip of the placement to false/),
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
