import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { SecretValue } from "../../src/secret-value.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";
import type { Launch, Machine, SubstrateAdapter } from "../../src/substrate/contract.ts";
import { buildIndex, startRegistry } from "../../testing/registry/index.ts";
import type { AddedImage, TestRegistry } from "../../testing/registry/index.ts";
import { busyboxImage } from "../support/busybox-image.ts";
import { launchOf } from "../support/docker-plan.ts";
import type { DraftChanges } from "../support/docker-plan.ts";
import { adapterOf, ownerOn, resolveOn } from "../support/docker-subject.ts";
import { askEngine, fieldOf, removeImagesOf, hasImage } from "../support/engine-client.ts";
import { engineConfig } from "../support/engine-config.ts";
import { describeWithEngine } from "../support/peers.ts";

const PASSWORD = "registry-s3cret";
const CREDENTIAL = {
  kind: "password",
  username: "robot",
  password: new SecretValue(PASSWORD),
} as const;
const { signal } = new AbortController();

/** Prints everything that a container can see of itself, then stays. */
const TELL =
  "uname -m; id -u; pwd; echo $GREETING $API_KEY; echo $0 $1; cat /run/keys/token; sleep 1000";

describeWithEngine("a container from a private registry", (engine) => {
  let registry: TestRegistry;
  let adapter: SubstrateAdapter;
  let image: AddedImage;
  let owned: Awaited<ReturnType<typeof ownerOn>>;

  beforeAll(async () => {
    const auth = { kind: "token", users: { robot: { password: PASSWORD } } } as const;
    registry = await startRegistry({ auth });
    const config = {
      User: "1234:2345",
      WorkingDir: "/srv/work",
      Env: ["PATH=/bin", "GREETING=hello", "API_KEY=image"],
      Entrypoint: ["/bin/sh", "-c", TELL, "zero"],
      Cmd: ["one"],
      Volumes: { "/data": {} },
      ExposedPorts: { "9000/tcp": {} },
      StopSignal: "SIGINT",
      Labels: { "org.example.kind": "image" },
      Healthcheck: { Test: ["CMD", "true"], Interval: 3_600_000_000_000 },
      Memory: 64 * 2 ** 20,
      MemorySwap: -1,
      CpuShares: 512,
    };
    const images = await Promise.all(
      (["amd64", "arm64"] as const).map((architecture) =>
        busyboxImage(engine, { architecture, config }),
      ),
    );
    image = registry.add("team/teller", "1", buildIndex(images));
  });
  afterAll(async () => {
    await removeImagesOf(engine, registry.host);
    await registry.close();
  });

  beforeEach(() => {
    adapter = adapterOf(engine);
    owned = ownerOn(adapter);
  });
  afterEach(async () => {
    await owned[Symbol.asyncDispose]();
    await adapter.close();
  });

  async function launchIt(
    changes: DraftChanges = {},
    secrets: Partial<Launch["secrets"]> = {},
    imageRef = image.reference,
  ): Promise<Machine> {
    const { plan } = await resolveOn(adapter, { imageRef, credential: CREDENTIAL }, changes);
    const base = launchOf(plan);
    const [outcome] = await adapter.launch(
      {
        ...base,
        ownership: { ...base.ownership, owner: owned.owner },
        members: [{ spawnId: owned.owner, ...NO_INPUT, bootDocument: '{"version":1}' }],
        userData: "",
        secrets: { credential: CREDENTIAL, environment: {}, files: [], ...secrets },
      },
      signal,
    );
    if (outcome?.outcome !== "accepted") throw outcome?.error ?? new Error("no outcome");
    return outcome.machine;
  }

  async function printed(id: string, lines: number): Promise<readonly string[]> {
    let text = "";
    for await (const piece of adapter.logs(id, { follow: true, tail: null }, signal)) {
      text += Buffer.from(piece).toString("utf8");
      if (text.split("\n").length > lines) break;
    }
    return text.split("\n").slice(0, lines);
  }

  it.each([
    ["amd64", "x86_64"],
    ["arm64", "aarch64"],
  ] as const)("is the image's, for %s", async (architecture, machineName) => {
    const mount = { secret: "TOKEN", env: null, path: "/run/keys/token", mode: "0400" };
    const secrets = {
      environment: { API_KEY: new SecretValue("k3y") },
      files: [{ mount, value: new SecretValue("t0ken\n") }],
    };
    const changes = {
      architecture,
      guest: { secretRefs: ["API_KEY"], runtimeSecretMounts: [mount] },
    };
    const machine = await launchIt(changes, secrets);
    expect(machine).toMatchObject({ state: "running", architecture, end: null });
    expect(await printed(machine.id, 6)).toEqual([
      machineName,
      "1234",
      "/srv/work",
      "hello k3y",
      "zero one",
      "t0ken",
    ]);
  });

  it("runs as the plan has it: digest, configuration, limits, labels", async () => {
    const machine = await launchIt({
      target: { labels: { "org.example.team": "red" } },
      shape: { record: "small", vcpus: 0.5, memoryGb: null },
    });
    const { body } = await askEngine(engine, "GET", `/containers/${machine.id}/json`);
    expect(machine.artifact).toMatch(/^127\.0\.0\.1:\d+\/team\/teller@sha256:[0-9a-f]{64}$/);
    const { config, hasHealthchecks } = await engineConfig(engine, machine.id);
    expect(config).toMatchObject({
      Image: machine.artifact,
      User: "1234:2345",
      WorkingDir: "/srv/work",
      Entrypoint: ["/bin/sh", "-c", TELL, "zero"],
      Cmd: ["one"],
      Volumes: { "/data": {} },
      ExposedPorts: { "9000/tcp": {} },
      StopSignal: "SIGINT",
      ...(hasHealthchecks ? { Healthcheck: { Test: ["CMD", "true"] } } : {}),
      Labels: {
        "org.example.kind": "image",
        "org.example.team": "red",
        "dev.slipway.owner": owned.owner,
        "dev.slipway.artifact": machine.artifact,
      },
    });
    expect(config["Env"]).toEqual(
      expect.arrayContaining(["GREETING=hello", 'SLIPWAY_BOOT_DOCUMENT={"version":1}']),
    );
    expect(fieldOf(body, "HostConfig")).toMatchObject({
      Memory: 64 * 2 ** 20,
      MemorySwap: 64 * 2 ** 20,
      CpuShares: 512,
      NanoCpus: 500_000_000,
    });
  });

  it("publishes its ports where the placement says", async () => {
    const config = { Cmd: ["busybox", "nc", "-ll", "-p", "8080", "-e", "echo", "served"] };
    const server = await busyboxImage(engine, { architecture: "amd64", config });
    const { reference } = registry.add("team/server", "1", server);
    const guest = { ports: [{ port: 8080, name: "web" }] };
    const machine = await launchIt({ guest }, {}, reference);
    const [port] = machine.ports;
    expect(machine.ports).toEqual([{ port: 8080, hostPort: expect.any(Number) }]);
    expect(machine.addresses.private).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    // The engine's proxy accepts before the container listens.
    await expect.poll(() => readLine(port?.hostPort ?? 0), { timeout: 10_000 }).toBe("served\n");
  });

  it("takes its anonymous volumes with it", async () => {
    const machine = await launchIt();
    const { body } = await askEngine(engine, "GET", `/containers/${machine.id}/json`);
    const [volume] = [fieldOf(body, "Mounts", "0", "Name")].map(String);
    expect((await askEngine(engine, "GET", `/volumes/${volume}`)).status).toBe(200);
    await adapter.terminate([machine.id], signal);
    expect((await askEngine(engine, "GET", `/volumes/${volume}`)).status).toBe(404);
  });

  it("is not looked for by pulling", async () => {
    const own = await busyboxImage(engine, { architecture: "amd64", config: { Cmd: ["true"] } });
    const { reference, pinned } = registry.add("team/unpulled", "1", own);
    const from = registry.requests.length;
    await resolveOn(adapter, { imageRef: reference, credential: CREDENTIAL });
    expect(await hasImage(engine, pinned)).toBe(false);
    const asked = registry.requests.slice(from).map(({ method, path }) => `${method} ${path}`);
    const layers = own.layers.map(({ digest }) => digest);
    expect(asked.filter((name) => layers.some((digest) => name.includes(digest)))).toEqual([]);
  });

  it("is refused to whom the registry refuses it, although the engine has it", async () => {
    const { plan } = await resolveOn(adapter, {
      imageRef: image.reference,
      credential: CREDENTIAL,
    });
    await launchIt();
    const base = launchOf(plan);
    const wrong = { ...CREDENTIAL, password: new SecretValue("wr0ng") };
    const [outcome] = await adapter.launch(
      {
        ...base,
        ownership: { ...base.ownership, owner: owned.owner },
        members: [{ spawnId: "other", ...NO_INPUT, bootDocument: "{}" }],
        userData: "",
        secrets: { credential: wrong, environment: {}, files: [] },
      },
      signal,
    );
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: { code: "UNAUTHENTICATED", reason: "REGISTRY_UNAUTHENTICATED" },
    });
    expect(await adapter.list(owned.owner, signal)).toHaveLength(1);
  });

  it.each([
    ["a command that is not there", { Cmd: ["/nope"] }, {}, "MACHINE_NOT_STARTED"],
    ["a user that is not there", { User: "nobodyx" }, {}, "MACHINE_NOT_STARTED"],
    [
      "an address that is not the host's",
      {},
      { target: { publishAddress: "10.99.99.99" }, guest: { ports: [{ port: 80, name: null }] } },
      "PORT_UNAVAILABLE",
    ],
  ])("leaves nothing behind for %s", async (_what, config, changes, reason) => {
    const broken = await busyboxImage(engine, { architecture: "amd64", config });
    const { reference } = registry.add(`team/broken-${reason.toLowerCase()}`, null, broken);
    await expect(launchIt(changes, {}, reference)).rejects.toMatchObject({ reason });
    expect(await adapter.list(owned.owner, signal)).toEqual([]);
  });

  it("says of a program for another processor what the engine only logs", async () => {
    const files = [{ type: "file", path: "garbage", mode: 0o755, content: "no program" } as const];
    const config = { Entrypoint: ["/garbage"] };
    const garbage = await busyboxImage(engine, { architecture: "amd64", config, files });
    const { reference } = registry.add("team/garbage", "1", garbage);
    const { id } = await launchIt({}, {}, reference);
    await expect
      .poll(() => adapter.describe([id], signal), { timeout: 10_000 })
      .toMatchObject([
        { state: "ended", end: { message: expect.stringContaining("exec format error") } },
      ]);
  });
});

/** What a server on this machine says first. */
function readLine(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once("end", () => resolve(""));
    socket.once("error", reject);
  });
}
