import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../../src/errors.ts";
import { askEngine, fieldOf } from "../../support/engine-client.ts";
import { describeWithEngine } from "../../support/peers.ts";
import { openDockerCommands } from "./support/docker-fields.ts";
import type { DockerCommands, DockerFields } from "./support/docker-fields.ts";

const VOLUME = `slipway-fields-${randomUUID()}`;

/** One field: what the record says, what the engine has, and what `describe` prints of it. */
interface Applied {
  readonly fields: DockerFields;
  /** Path into the engine's own answer, and its value there. */
  readonly wire: readonly (readonly [readonly string[], unknown])[];
  readonly described: JsonObject;
  /** JSON pointer into the plan, and the record and field that are its source. */
  readonly source: readonly [string, RegExp];
}

const host = (name: string) => ["HostConfig", name];

const APPLIED: Readonly<Record<string, Applied>> = {
  volumes: {
    fields: {
      placement: {
        volumes: [
          "/etc/hostname:/etc/engine-host:ro",
          { type: "volume", source: VOLUME, target: "/cache" },
          "/scratch",
        ],
        volume_driver: "local",
      },
    },
    wire: [
      [
        host("Mounts"),
        [
          { Type: "bind", Source: "/etc/hostname", Target: "/etc/engine-host", ReadOnly: true },
          {
            Type: "volume",
            Source: VOLUME,
            Target: "/cache",
            VolumeOptions: { DriverConfig: { Name: "local" } },
          },
          {
            Type: "volume",
            Target: "/scratch",
            VolumeOptions: { DriverConfig: { Name: "local" } },
          },
        ],
      ],
    ],
    described: {
      volumes: expect.arrayContaining([
        "/etc/hostname:/etc/engine-host:ro",
        `${VOLUME}:/cache`,
        expect.stringMatching(/^[0-9a-f]{64}:\/scratch$/),
      ]),
    },
    source: ["/target/volumes", /^placement w-\S+ generation 1 target\.docker\.volumes$/],
  },
  extra_hosts: {
    fields: { placement: { extra_hosts: ["db.test:10.1.2.3", "engine.test=host-gateway"] } },
    wire: [[host("ExtraHosts"), ["db.test:10.1.2.3", "engine.test:host-gateway"]]],
    described: { extra_hosts: ["db.test:10.1.2.3", "engine.test:host-gateway"] },
    source: ["/target/extra_hosts", /target\.docker\.extra_hosts$/],
  },
  dns: {
    fields: {
      placement: { dns: ["10.1.1.1"], dns_search: ["corp.test"], dns_opt: ["ndots:2"] },
    },
    wire: [
      [host("Dns"), ["10.1.1.1"]],
      [host("DnsSearch"), ["corp.test"]],
      [host("DnsOptions"), ["ndots:2"]],
    ],
    described: { dns: ["10.1.1.1"], dns_search: ["corp.test"], dns_opt: ["ndots:2"] },
    source: ["/target/dns_search", /target\.docker\.dns_search$/],
  },
  devices: {
    fields: { placement: { devices: ["/dev/null:/dev/nothing:rw", "/dev/zero"] } },
    wire: [
      [
        host("Devices"),
        [
          { PathOnHost: "/dev/null", PathInContainer: "/dev/nothing", CgroupPermissions: "rw" },
          { PathOnHost: "/dev/zero", PathInContainer: "/dev/zero", CgroupPermissions: "rwm" },
        ],
      ],
    ],
    described: { devices: ["/dev/null:/dev/nothing:rw", "/dev/zero:/dev/zero:rwm"] },
    source: ["/target/devices", /target\.docker\.devices$/],
  },
  runtime: {
    fields: { placement: { runtime: "runc" } },
    wire: [[host("Runtime"), "runc"]],
    described: { runtime: "runc" },
    source: ["/target/runtime", /target\.docker\.runtime$/],
  },
  logging: {
    fields: {
      placement: { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": 2 } } },
    },
    wire: [
      [host("LogConfig"), { Type: "json-file", Config: { "max-size": "1m", "max-file": "2" } }],
    ],
    described: { logging: { driver: "json-file", options: { "max-size": "1m", "max-file": "2" } } },
    source: ["/target/logging", /target\.docker\.logging$/],
  },
  shm_size: {
    fields: { environment: { shm_size: "128m" } },
    wire: [[host("ShmSize"), 128 * 2 ** 20]],
    described: { shm_size: 128 * 2 ** 20 },
    source: ["/shape/container/shm_size", /^environment w-\S+ generation 1 docker\.shm_size$/],
  },
  ulimits: {
    fields: { environment: { ulimits: { nofile: { soft: 100, hard: 200 }, core: 0 } } },
    wire: [
      [
        host("Ulimits"),
        [
          { Name: "nofile", Soft: 100, Hard: 200 },
          { Name: "core", Soft: 0, Hard: 0 },
        ],
      ],
    ],
    described: { ulimits: { nofile: { soft: 100, hard: 200 }, core: { soft: 0, hard: 0 } } },
    source: ["/shape/container/ulimits", /docker\.ulimits$/],
  },
  tmpfs: {
    fields: { environment: { tmpfs: ["/run/agent", "/tmp:size=1m,mode=1777"] } },
    wire: [[host("Tmpfs"), { "/run/agent": "", "/tmp": "size=1m,mode=1777" }]],
    described: { tmpfs: expect.arrayContaining(["/run/agent", "/tmp:size=1m,mode=1777"]) },
    source: ["/shape/container/tmpfs", /docker\.tmpfs$/],
  },
  capabilities: {
    fields: { environment: { cap_add: ["net_admin"], cap_drop: ["CAP_CHOWN"] } },
    wire: [
      [host("CapAdd"), ["NET_ADMIN"]],
      [host("CapDrop"), ["CAP_CHOWN"]],
    ],
    described: { cap_add: ["NET_ADMIN"], cap_drop: ["CAP_CHOWN"] },
    source: ["/shape/container/cap_add", /docker\.cap_add$/],
  },
  security_opt: {
    fields: {
      environment: {
        security_opt: ["no-new-privileges:true", "seccomp=unconfined", "systempaths=unconfined"],
      },
    },
    wire: [
      [host("SecurityOpt"), ["no-new-privileges:true", "seccomp=unconfined"]],
      [host("MaskedPaths"), []],
      [host("ReadonlyPaths"), []],
    ],
    described: {
      security_opt: ["no-new-privileges:true", "seccomp=unconfined", "systempaths=unconfined"],
    },
    source: ["/shape/container/security_opt", /docker\.security_opt$/],
  },
  init: {
    fields: { environment: { init: true } },
    wire: [[host("Init"), true]],
    described: { init: true },
    source: ["/shape/container/init", /docker\.init$/],
  },
  process: {
    fields: {
      workspace: { entrypoint: ["/machine", "--agent"], command: ["--once"], user: "1000:1000" },
    },
    wire: [
      [
        ["Config", "Entrypoint"],
        ["/machine", "--agent"],
      ],
      [["Config", "Cmd"], ["--once"]],
      [["Config", "User"], "1000:1000"],
    ],
    described: { entrypoint: ["/machine", "--agent"], command: ["--once"], user: "1000:1000" },
    source: ["/settings/container/cmd", /^workspace w-\S+ generation 1 command$/],
  },
};

/** A field that the engine refuses: with which reason, which of its words, and which field the remedy names. */
interface Refused {
  readonly fields: DockerFields;
  readonly reason: string;
  readonly words: RegExp;
  readonly remedy: RegExp;
  /** The finding of the dry run, if it can know. */
  readonly finding?: readonly [name: string, outcome: string];
}

/** The dry run cannot know: it passes. */
const NOTHING_FOUND = ["engine.reachable", "passed"] as const;

const ABSENT = `absent-${randomUUID()}`;

const REFUSED: Readonly<Record<string, Refused>> = {
  volumes: {
    fields: { placement: { volumes: [`/${ABSENT}:/data`] } },
    reason: "HOST_RESOURCE_NOT_FOUND",
    words: /bind source path does not exist: \/absent-/,
    remedy: /engine's host .*volumes in the placement/,
    finding: ["volumes.bind", "skipped"],
  },
  devices: {
    fields: { placement: { devices: [`/dev/${ABSENT}`] } },
    reason: "HOST_RESOURCE_NOT_FOUND",
    words: /error gathering device information .*no such file or directory/,
    remedy: /devices in the placement/,
    finding: ["devices.host", "skipped"],
  },
  "logging.options": {
    fields: { placement: { logging: { driver: "json-file", options: { bogus: "1" } } } },
    reason: "RESOURCE_VALUE_REFUSED",
    words: /unknown log opt 'bogus' for json-file log driver/,
    remedy: /placement's logging/,
    finding: ["logging.driver", "passed"],
  },
  gpus: {
    fields: { environment: { gpus: "all" } },
    reason: "HOST_RESOURCE_NOT_FOUND",
    words: /could not select device driver "" with capabilities: \[\[gpu\]\]/,
    remedy: /gpus in the environment/,
    finding: ["engine.gpus", "warning"],
  },
  tmpfs: {
    fields: { environment: { tmpfs: ["/tmp:bogus"] } },
    reason: "RESOURCE_VALUE_REFUSED",
    words: /invalid tmpfs option \["bogus"\]/,
    remedy: /tmpfs in the environment/,
  },
  ulimits: {
    // More open files than the kernel allows anyone (fs.nr_open).
    fields: { environment: { ulimits: { nofile: { soft: 1, hard: 99_999_999_999 } } } },
    reason: "ENGINE_HOST_FAULT",
    words: /error setting rlimit type 7: operation not permitted/,
    remedy: /ulimits in the environment/,
  },
  cap_add: {
    fields: { environment: { cap_add: ["TIME_TRAVEL"] } },
    reason: "RESOURCE_VALUE_REFUSED",
    words: /invalid CapAdd: unknown capability: "CAP_TIME_TRAVEL"/,
    remedy: /cap_add/,
  },
  cap_drop: {
    fields: { environment: { cap_drop: ["TIME_TRAVEL"] } },
    reason: "RESOURCE_VALUE_REFUSED",
    words: /invalid CapDrop: unknown capability: "CAP_TIME_TRAVEL"/,
    remedy: /cap_drop/,
  },
  security_opt: {
    fields: { environment: { security_opt: ["nonsense=1"] } },
    reason: "RESOURCE_VALUE_REFUSED",
    words: /invalid --security-opt 2: "nonsense=1"/,
    remedy: /security_opt/,
  },
  entrypoint: {
    fields: { workspace: { entrypoint: [`/${ABSENT}`] } },
    reason: "MACHINE_NOT_STARTED",
    words: /stat \/absent-.*: no such file or directory/,
    remedy: /entrypoint, command and user of the workspace/,
  },
  command: {
    fields: { workspace: { entrypoint: [], command: [`/${ABSENT}`] } },
    reason: "MACHINE_NOT_STARTED",
    words: /stat \/absent-.*: no such file or directory/,
    remedy: /entrypoint, command and user of the workspace/,
  },
  user: {
    fields: { workspace: { user: ABSENT } },
    reason: "MACHINE_NOT_STARTED",
    words: /unable to find user absent-.*: no matching entries in passwd file/,
    remedy: /entrypoint, command and user of the workspace/,
  },
};

const PRIVILEGED = { machine: { settings: { privileged: true } } };
/** A host that is itself confined refuses what it may not give. */
const CONFINED = {
  error: {
    reason: "ENGINE_HOST_FAULT",
    message: expect.stringContaining("unable to apply caps: operation not permitted"),
    remedy: expect.stringContaining("Remove privileged from the placement"),
  },
};

/** Docker looks for a plugin for 15 seconds before it refuses. */
const PLUGINS: Readonly<Record<string, Refused>> = {
  volume_driver: {
    fields: { placement: { volumes: [`${ABSENT}:/data`], volume_driver: ABSENT } },
    reason: "HOST_RESOURCE_NOT_FOUND",
    words: /error looking up volume plugin absent-.* not found/,
    remedy: /volume_driver/,
    finding: ["volumes.driver", "warning"],
  },
  logging: {
    fields: { placement: { logging: { driver: ABSENT } } },
    reason: "HOST_RESOURCE_NOT_FOUND",
    words: /error looking up logging plugin absent-/,
    remedy: /placement's logging/,
    finding: ["logging.driver", "warning"],
  },
};

describeWithEngine("fields of containers on Docker", (engine) => {
  const stack = new AsyncDisposableStack();
  let commands: DockerCommands;
  let described: unknown;
  let inspected: unknown;

  beforeAll(async () => {
    commands = stack.use(await openDockerCommands(engine));
    stack.defer(async () => void (await askEngine(engine, "DELETE", `/volumes/${VOLUME}`)));
    const cases = Object.values(APPLIED).map(({ fields }) => fields);
    const workspace = await commands.records({
      placement: Object.assign({}, ...cases.map(({ placement }) => placement)),
      environment: Object.assign({}, ...cases.map(({ environment }) => environment)),
      workspace: Object.assign({}, ...cases.map((fields) => fields.workspace)),
    });
    await commands.json("spawn", workspace, "--id", "all-fields");
    described = await commands.json("describe", "all-fields");
    inspected = await commands.engine.inspect(String(fieldOf(described, "machine", "id")));
  }, 60_000);
  afterAll(() => stack.disposeAsync());

  it.each(Object.entries(APPLIED))(
    "%s reaches the engine, and describe reads it back",
    (_name, { wire, described: settings, source }) => {
      for (const [path, value] of wire) expect(fieldOf(inspected, ...path)).toEqual(value);
      expect(described).toMatchObject({ state: "running", machine: { settings } });
      const [pointer, record] = source;
      expect(fieldOf(described, "plan", "sources", pointer)).toMatch(record);
    },
  );

  it("says which volumes outlive the machine, and keeps them", async () => {
    expect(fieldOf(described, "plan", "checks")).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "volumes.kept",
          outcome: "passed",
          message: expect.stringContaining(`${VOLUME} will stay on the engine`),
        }),
        expect.objectContaining({
          name: "volumes.removed",
          outcome: "passed",
          message: expect.stringContaining("at /scratch will end with the machine"),
        }),
      ]),
    );
    const mounts: unknown = fieldOf(inspected, "Mounts");
    const scratch: unknown = Array.isArray(mounts)
      ? mounts.find((mount) => fieldOf(mount, "Destination") === "/scratch")
      : undefined;
    const anonymous = String(fieldOf(scratch, "Name"));
    expect(await commands.engine.hasVolume(anonymous)).toBe(true);
    await commands.json("terminate", "all-fields");
    expect(await commands.engine.hasVolume(anonymous)).toBe(false);
    expect(await commands.engine.hasVolume(VOLUME)).toBe(true);
  });

  async function expectRefusal({ fields, reason, words, remedy, finding }: Refused) {
    const workspace = await commands.records(fields);
    const plan = await commands.json("resolve", workspace);
    const [name, outcome] = finding ?? NOTHING_FOUND;
    expect(plan).toMatchObject({
      checks: expect.arrayContaining([expect.objectContaining({ name, outcome })]),
    });
    const ran = await commands.run("spawn", workspace);
    expect(ran.exitCode).toBe(3);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        code: "FAILED_PRECONDITION",
        reason,
        message: expect.stringMatching(words),
        remedy: expect.stringMatching(remedy),
      },
    });
  }

  it.each(Object.entries(REFUSED))(
    "%s: the engine's refusal becomes an error with its words and the field's remedy",
    async (_name, refused) => expectRefusal(refused),
  );

  it("plugins: so does the refusal of one that the engine does not have", async () => {
    await Promise.all(Object.values(PLUGINS).map(expectRefusal));
  }, 60_000);

  it("runtime: the dry run refuses one that the engine does not have", async () => {
    const workspace = await commands.records({ placement: { runtime: ABSENT } });
    const ran = await commands.run("resolve", workspace);
    expect(ran.exitCode).toBe(3);
    expect(JSON.parse(ran.stderr)).toMatchObject({
      error: {
        reason: "HOST_RESOURCE_NOT_FOUND",
        message: expect.stringContaining(`the engine has no runtime ${ABSENT}; it has `),
      },
    });
  });

  it("privileged: the plan warns, and the engine receives it", async () => {
    const workspace = await commands.records({ placement: { privileged: true } });
    expect(await commands.json("resolve", workspace)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ name: "container.privileged", outcome: "warning" }),
      ]),
    });
    const ran = await commands.run("spawn", workspace, "--id", "privileged");
    expect(JSON.parse(ran.stdout)).toMatchObject(ran.exitCode === 0 ? PRIVILEGED : CONFINED);
  });
});
