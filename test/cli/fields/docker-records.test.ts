import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { scratchCatalog } from "../support/scratch-catalog.ts";
import type { ScratchCatalog } from "../support/scratch-catalog.ts";

/** Values that Docker documents as wrong: record, field, value, the message after the field's name. */
const REJECTED: readonly (readonly [Kind, JsonObject, string])[] = [
  ["placement", { volumes: ["./src:/src"] }, "target.docker.volumes[0]: must be NAME:/TARGET"],
  ["placement", { volumes: ["cache:/"] }, "target.docker.volumes[0]: must be NAME:/TARGET"],
  ["placement", { volumes: ["cache:/a/../b"] }, "target.docker.volumes[0]: must be NAME:/TARGET"],
  [
    "placement",
    { volumes: [{ type: "bind", source: "src", target: "/src" }] },
    "target.docker.volumes[0]: must be NAME:/TARGET",
  ],
  [
    "placement",
    { volumes: ["one:/data", "/two:/data:ro"] },
    "target.docker.volumes: must not mount two volumes at one target",
  ],
  ["placement", { extra_hosts: ["db.test"] }, "target.docker.extra_hosts[0]: must be NAME:ADDRESS"],
  [
    "placement",
    { extra_hosts: ["db.test:999.1.1.1"] },
    "target.docker.extra_hosts[0]: must be NAME:ADDRESS",
  ],
  ["placement", { dns: ["resolver.test"] }, "target.docker.dns[0]: must be an IP address"],
  ["placement", { dns_search: ["a b"] }, "target.docker.dns_search[0]: must be a word"],
  ["placement", { devices: ["/dev/null:/dev/x:xyz"] }, "target.docker.devices[0]: must be /HOST"],
  ["placement", { privileged: "maybe" }, "target.docker.privileged: must be true or false"],
  ["placement", { runtime: "a b" }, "target.docker.runtime: must be the name of a runtime"],
  [
    "placement",
    { logging: { driver: "splunk", options: { "splunk-token": "x" } } },
    "target.docker.logging.options: must not have splunk-token",
  ],
  ["environment", { shm_size: 0 }, "docker.shm_size: must be a positive number of bytes"],
  ["environment", { shm_size: "64 apples" }, "docker.shm_size: must be a positive number of bytes"],
  ["environment", { ulimits: { nofoo: 1 } }, "docker.ulimits.nofoo: must be one of core, cpu"],
  [
    "environment",
    { ulimits: { nofile: { soft: 300, hard: 200 } } },
    "docker.ulimits.nofile: must have a soft limit of at most the hard one",
  ],
  ["environment", { tmpfs: ["scratch"] }, "docker.tmpfs[0]: must be /TARGET"],
  ["environment", { gpus: 0 }, "docker.gpus: "],
  [
    "environment",
    { gpus: [{ count: 1, device_ids: ["0"] }] },
    "docker.gpus[0]: must not have both count and device_ids",
  ],
  ["environment", { cap_add: ["NET ADMIN"] }, "docker.cap_add[0]: must be the name"],
  [
    "environment",
    { security_opt: ["seccomp=/etc/profile.json"] },
    "docker.security_opt[0]: must have the profile itself",
  ],
  ["environment", { init: 1 }, "docker.init: must be true or false"],
  ["workspace", { command: "sleep 10" }, "command: must be a list of words"],
  ["workspace", { command: [] }, "command: must list at least one word"],
  ["workspace", { entrypoint: "sleep" }, "entrypoint: must be a list of words"],
  ["workspace", { user: "a b" }, "user: must be USER or USER:GROUP"],
  ["placement", { restart: "always" }, `target.docker.restart: ${restartReason()}`],
  ["environment", { restart: "always" }, `docker.restart: ${restartReason()}`],
  ["workspace", { restart: "on-failure" }, `restart: ${restartReason()}`],
];

/** Spellings of Compose, and how the catalog stores them. */
const STORED: readonly (readonly [Kind, JsonObject, JsonObject])[] = [
  [
    "placement",
    { volumes: [{ type: "bind", source: "/srv", target: "/srv", read_only: true }, "/scratch"] },
    { volumes: ["/srv:/srv:ro", "/scratch"] },
  ],
  [
    "placement",
    { extra_hosts: ["db.test=10.1.2.3", "v6.test:[::1]"] },
    { extra_hosts: ["db.test:10.1.2.3", "v6.test:::1"] },
  ],
  [
    "placement",
    { logging: { driver: "json-file", options: { "max-file": 3, compress: true } } },
    { logging: { driver: "json-file", options: { "max-file": "3", compress: "true" } } },
  ],
  ["environment", { shm_size: "1.5gb" }, { shm_size: 1_610_612_736 }],
  [
    "environment",
    { ulimits: { nproc: 65_535 } },
    { ulimits: { nproc: { soft: 65_535, hard: 65_535 } } },
  ],
  ["environment", { gpus: "all" }, { gpus: [{ count: -1 }] }],
  [
    "environment",
    { gpus: [{ driver: "nvidia", device_ids: ["GPU-1"], capabilities: ["compute"] }] },
    { gpus: [{ driver: "nvidia", device_ids: ["GPU-1"], capabilities: ["compute"] }] },
  ],
  ["environment", { cap_add: ["sys_ptrace"] }, { cap_add: ["SYS_PTRACE"] }],
  ["workspace", { user: 1000, entrypoint: [] }, { user: "1000", entrypoint: [] }],
];

type Kind = "placement" | "environment" | "workspace";

function restartReason(): string {
  return "must not be set: a spawn is exactly one machine";
}

type Body = JsonObject & { readonly name: string };

function body(kind: Kind, fields: JsonObject): Body {
  switch (kind) {
    case "placement":
      return { name: "here", substrate: "DOCKER", target: { docker: fields } };
    case "environment":
      return { name: "here", substrate: "DOCKER", machine_type_ref: "any", docker: fields };
    case "workspace":
      return { name: "here", image_ref: "any", placement: "base", ...fields };
  }
}

describe("the fields of containers", () => {
  let catalog: ScratchCatalog;
  beforeEach(async () => {
    catalog = scratchCatalog();
    const architecture = "ARCHITECTURE_AMD64";
    const spec = { docker: {} };
    await set("machine-type", { name: "any", vcpus: 1, memory_gb: 1, architecture, spec });
    await set("image", { name: "any", architecture, docker: { image_ref: "any" } });
    await set("placement", { name: "base", target: { docker: {} } });
  });
  afterEach(() => catalog[Symbol.dispose]());

  async function set(kind: string, record: Body) {
    const stdin = JSON.stringify(record);
    return await catalog.run(["set", kind, record.name, "-o", "json"], { stdin });
  }

  it.each(REJECTED)("of a %s reject %j", async (kind, fields, message) => {
    const ran = await set(kind, body(kind, fields));
    expect(ran.exitCode).toBe(2);
    expect(JSON.parse(ran.stderr).error.message).toContain(message);
  });

  it.each(STORED)(
    "of a %s store %j in one form, which can be set again",
    async (kind, given, stored) => {
      expect(await set(kind, body(kind, given))).toMatchObject({ exitCode: 0 });
      const read = JSON.parse((await catalog.must(["get", kind, "here", "-o", "json"])).stdout);
      expect(read).toMatchObject(body(kind, stored));
      expect(await set(kind, body(kind, stored))).toMatchObject({ exitCode: 0 });
    },
  );

  it("of an environment are for Docker only", async () => {
    const record = { ...body("environment", { init: true }), substrate: "AWS" };
    const ran = await set("environment", record);
    expect(JSON.parse(ran.stderr).error.message).toContain("docker: is for substrate DOCKER only");
  });

  it("of a workspace are refused on a placement of virtual machines", async () => {
    const placement = {
      name: "vms",
      target: {
        aws: { account_id: "000000000000", region: "us-east-1", subnet_ids: ["subnet-1"] },
      },
    };
    await set("placement", placement);
    await set("image", {
      name: "vm",
      architecture: "ARCHITECTURE_AMD64",
      aws: { ami_ids: { "us-east-1": "ami-0abc123def456789a" } },
    });
    await set("workspace", { name: "w", image_ref: "vm", placement: "vms", command: ["agent"] });
    const ran = await catalog.run(["resolve", "w", "--offline", "-o", "json"]);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        reason: "SUBSTRATE_MISMATCH",
        message: expect.stringContaining("sets command, which only containers have"),
      },
    });
  });
});
