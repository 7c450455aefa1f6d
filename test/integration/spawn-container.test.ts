import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { ContainerInspectInfo } from "dockerode";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/errors.ts";
import type { Spawn } from "../../src/ledger/spawn-record.ts";
import type { LayerEntry, Pushed } from "../../testing/registry/index.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { engineConfig } from "../support/engine-config.ts";
import { describeWithEngineAndRegistry } from "../support/peers.ts";
import { openWorld, uniqueName } from "../support/world.ts";
import type { World } from "../support/world.ts";
import { logsUntil } from "../support/world-logs.ts";
import { startPrivateRegistry } from "../support/world-registry.ts";
import type { PrivateRegistry } from "../support/world-registry.ts";

const MEBIBYTE = 2 ** 20;

/** Prints everything that a process can see of how it was started, then listens on a port. */
const REPORT = [
  `echo "user=$(id -u):$(id -g)"`,
  `echo "directory=$(pwd)"`,
  `echo "arguments=$0 $*"`,
  `echo "greeting=$GREETING"`,
  `echo "boot=$SLIPWAY_BOOT_DOCUMENT"`,
  `echo "API_TOKEN=$API_TOKEN"`,
  `echo "SESSION=$SESSION"`,
  `echo "file=$(ls -ln /run/secrets/key | cut -c1-10) $(id -u) $(cat /run/secrets/key)"`,
  `echo "strict=$(ls -ln /opt/strict/key)"`,
  `echo "volume=$(ls /data)"`,
  "echo end",
  "while true; do echo from the inside | nc -l -p 8080; done",
].join("\n");

const FILES: readonly LayerEntry[] = [
  { type: "symlink", path: "bin/cut", target: "busybox" },
  { type: "symlink", path: "bin/nc", target: "busybox" },
  { type: "directory", path: "etc" },
  { type: "file", path: "etc/passwd", content: Buffer.from("agent:x:1234:567::/work:/bin/sh\n") },
  { type: "file", path: "etc/group", content: Buffer.from("crew:x:567:\n") },
  { type: "directory", path: "work" },
  { type: "directory", path: "data" },
  { type: "file", path: "data/shipped", content: Buffer.from("with the image") },
  { type: "file", path: "report.sh", mode: 0o755, content: Buffer.from(REPORT) },
];

const CONFIG: JsonObject = {
  User: "agent:crew",
  WorkingDir: "/work",
  Env: ["PATH=/bin", "GREETING=hello from the image"],
  Entrypoint: ["/bin/sh", "/report.sh"],
  Cmd: ["first argument", "second"],
  Volumes: { "/data": {} },
  ExposedPorts: { "9090/udp": {} },
  StopSignal: "SIGUSR2",
  Memory: 64 * MEBIBYTE,
  // "Set to -1 to disable swap": to the engine, -1 means without a limit.
  MemorySwap: -1,
  CpuShares: 512,
  Labels: { "com.example.made-by": "the image" },
  Healthcheck: { Test: ["CMD", "true"], Interval: 3_600_000_000_000, Retries: 7 },
};

const FIELDS: JsonObject = {
  repos: [{ clone_url: "https://example.com/team/app.git", base_branch: "main" }],
  ports: [{ port: 8080, name: "web" }],
  secret_refs: ["API_TOKEN"],
  runtime_secret_mounts: [
    { secret: "API_TOKEN", env: "SESSION" },
    { secret: "SIGNING_KEY", path: "/run/secrets/key" },
    { secret: "SIGNING_KEY", path: "/opt/strict/key", mode: "0440" },
  ],
};

interface Launched {
  readonly workspace: string;
  readonly spawn: Spawn;
  /** As the engine says. */
  readonly container: ContainerInspectInfo;
}

describeWithEngineAndRegistry("a container", (engine, peer) => {
  let registry: PrivateRegistry;
  let world: World;
  let pushed: Pushed;
  let usual: Launched;
  beforeAll(async () => {
    registry = await startPrivateRegistry(peer, "htpasswd");
    world = await openWorld({ engine, registry });
    await world.secret("API_TOKEN", "value of the token");
    await world.secret("SIGNING_KEY", "value of the key");
    const image = { architecture: "amd64", config: CONFIG, files: FILES } as const;
    pushed = await registry.push(await busyboxImage(engine, image));
    usual = await launched();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  async function launched(fields: JsonObject = FIELDS, placement?: string): Promise<Launched> {
    const workspace = await world.workspace({
      imageRef: pushed.reference,
      fields,
      ...(placement === undefined ? {} : { placement }),
    });
    const spawn = await world.slipway.spawnWorkspace(workspace, { spawnId: uniqueName() });
    const container = await world.engine.inspect(spawn.machine?.id ?? "");
    return { workspace, spawn, container };
  }

  it("is what its image says", async () => {
    const { workspace, spawn, container } = usual;
    const { config, hasHealthchecks } = await engineConfig(engine, container.Id);
    const Healthcheck = { Test: ["CMD", "true"], Interval: 3_600_000_000_000, Retries: 7 };
    expect(config).toMatchObject({
      User: "agent:crew",
      WorkingDir: "/work",
      Entrypoint: ["/bin/sh", "/report.sh"],
      Cmd: ["first argument", "second"],
      Volumes: { "/data": {} },
      ExposedPorts: { "9090/udp": {}, "8080/tcp": {} },
      StopSignal: "SIGUSR2",
      ...(hasHealthchecks ? { Healthcheck } : {}),
      Labels: {
        "com.example.made-by": "the image",
        "dev.slipway.tenant": "default",
        "dev.slipway.workspace": workspace,
        "dev.slipway.spawn": spawn.spawnId,
        "dev.slipway.plan": spawn.planId.slice("sha256:".length, "sha256:".length + 63),
        "dev.slipway.artifact": pushed.pinned,
      },
    });
    expect(config["Env"]).toContain("GREETING=hello from the image");
    expect(container.HostConfig).toMatchObject({
      Memory: 64 * MEBIBYTE,
      MemorySwap: 64 * MEBIBYTE,
      CpuShares: 512,
    });
  });

  it("sees what it was given: user, directory, arguments, variables, files, volumes", async () => {
    const { spawn } = usual;
    const report = await logsUntil(world.slipway, spawn.spawnId, (said) => said.endsWith("end\n"));
    const said = new Map(report.split("\n").map((line) => parted(line)));
    expect(Object.fromEntries(said)).toMatchObject({
      user: "1234:567",
      directory: "/work",
      arguments: "/report.sh first argument second",
      greeting: "hello from the image",
      API_TOKEN: "value of the token",
      SESSION: "value of the token",
      file: "-r-------- 1234 value of the key",
      volume: "shipped",
    });
    expect(said.get("strict")).toMatch(/^-r--r----- +1 1234 +567 +16 /);
  });

  it("learns what it is from its boot document", async () => {
    const { workspace, spawn, container } = usual;
    const variable = container.Config.Env.find((entry) => entry.startsWith("SLIPWAY_BOOT_"));
    const [name, document] = parted(variable ?? "");
    expect(name).toBe("SLIPWAY_BOOT_DOCUMENT");
    expect(JSON.parse(document)).toEqual({
      boot_version: 2,
      tenant: "default",
      workspace,
      spawn_id: spawn.spawnId,
      plan_id: spawn.planId,
      repos: [
        {
          clone_url: "https://example.com/team/app",
          base_branch: "main",
          conflict_resolution: "MERGE",
        },
      ],
      ports: [{ port: 8080, name: "web" }],
      secret_refs: ["API_TOKEN"],
      runtime_secret_mounts: [
        { secret: "API_TOKEN", env: "SESSION", path: null, mode: null },
        { secret: "SIGNING_KEY", env: null, path: "/run/secrets/key", mode: "0400" },
        { secret: "SIGNING_KEY", env: null, path: "/opt/strict/key", mode: "0440" },
      ],
      place: spawn.machine?.place,
      env: {},
      input: null,
      identity: { source: "environment" },
    });
    const report = await logsUntil(world.slipway, spawn.spawnId, (said) => said.endsWith("end\n"));
    expect(report).toContain(`boot=${document}\n`);
  });

  it("has no boot document where its workspace wants none", async () => {
    const { container } = await launched({ boot_document: "none" });
    expect(container.Config.Env.join("\n")).not.toContain("SLIPWAY");
  });

  it("answers on 127.0.0.1 at the reported port, and nowhere else", async () => {
    const { spawn, container } = usual;
    const [published] = spawn.machine?.ports ?? [];
    expect(published?.port).toBe(8080);
    const hostPort = published?.hostPort ?? 0;
    expect(container.NetworkSettings.Ports["8080/tcp"]).toEqual([
      { HostIp: "127.0.0.1", HostPort: String(hostPort) },
    ]);
    await logsUntil(world.slipway, spawn.spawnId, (said) => said.endsWith("end\n"));
    expect(await text(connect(hostPort, "127.0.0.1"))).toBe("from the inside\n");
  });

  it("answers on the address that its placement names", async () => {
    const placement = await world.placement({ publish_address: "127.0.0.2" });
    const { container } = await launched({ ports: [{ port: 8080 }] }, placement);
    const [published] = container.NetworkSettings.Ports["8080/tcp"] ?? [];
    expect(published?.HostIp).toBe("127.0.0.2");
  });

  it("takes its anonymous volumes along when it is terminated", async () => {
    const { spawn, container } = await launched();
    const volumes = container.Mounts.map(({ Name }) => Name ?? "");
    expect(volumes).toHaveLength(1);
    const [volume = ""] = volumes;
    expect(await world.engine.hasVolume(volume)).toBe(true);
    expect(await world.slipway.terminateSpawn(spawn.spawnId)).toMatchObject({
      state: "terminated",
    });
    expect(await world.engine.hasVolume(volume)).toBe(false);
    expect(await world.engine.containers(`dev.slipway.spawn=${spawn.spawnId}`)).toEqual([]);
  });

  it("has the memory and processors of its environment before those of its image", async () => {
    const { catalog } = world.slipway;
    await catalog.setDocument("machine-type", {
      name: "small",
      vcpus: 1,
      memory_gb: 1,
      architecture: "ARCHITECTURE_AMD64",
      spec: { docker: { cpus: 0.5, memory_gb: 0.25 } },
    });
    const environment = { name: "small", substrate: "DOCKER", machine_type_ref: "small" };
    await catalog.setDocument("environment", environment);
    const { container } = await launched({ environment_ref: "small" });
    expect(container.HostConfig).toMatchObject({
      Memory: 256 * MEBIBYTE,
      NanoCpus: 500_000_000,
      CpuShares: 512,
    });
  });
});

/** What is before the first `=` and after it. */
function parted(line: string): readonly [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}
