import { describe, expect, it } from "vitest";
import { createEngineApi } from "../../../../../adapters/docker/client/api.ts";
import { createEngineFacts } from "../../../../../adapters/docker/client/engine-facts.ts";
import { parseEndpoint } from "../../../../../adapters/docker/client/endpoint.ts";
import { createTransport } from "../../../../../adapters/docker/client/transport.ts";
import type { DockerAdapterOptions } from "../../../../../adapters/docker/index.ts";
import type { JsonObject } from "../../../../../src/errors.ts";
import type { Check } from "../../../../../src/plan/plan.ts";
import type { PreflightReport } from "../../../../../src/substrate/contract.ts";
import { preflightContainer } from "../../../../../adapters/docker/preflight/preflight.ts";
import { dockerDraft } from "../../../../support/docker-plan.ts";
import type { DraftChanges } from "../../../../support/docker-plan.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";
import { infoAnswer, startFakeEngine, versionAnswer } from "../../../../support/fake-engine.ts";
import type { EngineHandler } from "../../../../support/fake-engine.ts";

const NO_FOREIGN = { kernel: "6.1.0-test", runs: () => Promise.resolve(false) };
const { signal } = new AbortController();

interface Setting {
  readonly info?: object;
  /** In place of `info`: anything. */
  readonly rawInfo?: unknown;
  readonly version?: object;
  /** Podman's answer about its host; null if it has none. */
  readonly podman?: object | null;
  readonly network?: EngineHandler;
  readonly changes?: DraftChanges;
  readonly facts?: JsonObject;
  readonly options?: Partial<DockerAdapterOptions>;
}

async function preflight(setting: Setting = {}) {
  await using engine = await startFakeEngine();
  engine.on("GET /info", ({ reply }) => reply(200, setting.rawInfo ?? infoAnswer(setting.info)));
  engine.on("GET /v4.0.0/libpod/info", ({ reply }) =>
    setting.podman == null ? reply(404, { message: "no" }) : reply(200, setting.podman),
  );
  engine.on("GET /version", ({ reply }) => reply(200, versionAnswer(setting.version)));
  if (setting.network !== undefined) engine.on("GET /networks/*", setting.network);
  const adapter = adapterOf(engine, { hostPlatforms: NO_FOREIGN, ...setting.options });
  const draft = dockerDraft({ place: "local", ...setting.changes });
  try {
    const report = await adapter.preflight(draft, setting.facts ?? {}, signal);
    return { report, requests: engine.requests };
  } finally {
    await adapter.close();
  }
}

function check({ checks }: PreflightReport, name: string): Partial<Check> {
  return checks.find((candidate) => candidate.name === name) ?? {};
}

function failures({ checks }: PreflightReport): readonly string[] {
  return checks.filter(({ outcome }) => outcome === "failed").map(({ name }) => name);
}

describe("preflight", () => {
  it("passes a plain plan after two reads, and says where it goes", async () => {
    const { report, requests } = await preflight();
    expect(new Set(report.checks.map(({ outcome }) => outcome))).toEqual(new Set(["passed"]));
    expect(report.checks.map(({ name }) => name)).toEqual([
      "engine.reachable",
      "engine.version",
      "engine.platform",
      "resources.memory",
      "resources.memory_swap",
      "resources.cpu",
      "resources.cpu_shares",
    ]);
    expect(report.candidates).toEqual([
      { place: "engine-host", verdict: "eligible", reason: null },
    ]);
    expect(report.machineType).toBe("unlimited");
    expect(new Set(requests)).toEqual(new Set(["GET /info", "GET /version"]));
  });

  it("warns that Docker's configuration, which may name another engine, was not read", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
    engine.on("GET /version", ({ reply }) => reply(200, versionAnswer()));
    const why = "Docker's configuration was not used: config.json is not JSON";
    const problem = { why, remedy: "Correct it." };
    const endpoint = { ...parseEndpoint(engine.host, "the default engine"), problem };
    const api = createEngineApi(createTransport(endpoint));
    const connection = { endpoint, api, facts: createEngineFacts(api, () => Date.now()) };
    const ports = { connect: () => Promise.resolve(connection), hostPlatforms: NO_FOREIGN };
    const report = await preflightContainer(ports, dockerDraft({ place: "local" }), {}, signal);
    await api.close();
    expect(check(report, "engine.configuration")).toMatchObject({
      outcome: "warning",
      message: `using the default engine at ${engine.host}, because Docker's configuration was not used: config.json is not JSON`,
      remedy: "Correct it.",
    });
    expect(failures(report)).toEqual([]);
  });

  it("names the machine type after its limits", async () => {
    const shape = { record: "small", vcpus: 1.5, memoryGb: 2 };
    const { report } = await preflight({ changes: { shape } });
    expect(report.machineType).toBe("1.5cpu-2gib");
  });

  it("remembers the engine for a minute", async () => {
    await using engine = await startFakeEngine();
    engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
    engine.on("GET /version", ({ reply }) => reply(200, versionAnswer()));
    let now = 0;
    const adapter = adapterOf(engine, { hostPlatforms: NO_FOREIGN, now: () => now });
    const judge = () => adapter.preflight(dockerDraft(), {}, signal);
    await Promise.all([judge(), judge()]);
    now = 59_999;
    await judge();
    expect(engine.requests).toHaveLength(2);
    now = 60_001;
    await judge();
    expect(engine.requests).toHaveLength(4);
    await adapter.close();
  });

  it("reports an unreachable engine together with all other findings", async () => {
    const adapter = adapterOf({ host: "unix:///nonexistent/engine.sock" });
    const draft = dockerDraft({
      place: "local",
      guest: { ports: [80, 80].map((port) => ({ port, name: null })) },
    });
    const report = await adapter.preflight(draft, {}, signal);
    await adapter.close();
    expect(failures(report)).toEqual(["engine.reachable", "ports.published"]);
    expect(check(report, "engine.reachable")).toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
    });
    expect(report.candidates).toMatchObject([{ place: "local", verdict: "rejected" }]);
    expect(report.settings).toHaveProperty("container");
  });

  it("reports an address without an engine", async () => {
    const adapter = adapterOf({ host: "http://x" });
    const report = await adapter.preflight(dockerDraft(), {}, signal);
    await adapter.close();
    expect(check(report, "engine.reachable")).toMatchObject({
      outcome: "failed",
      code: "FAILED_PRECONDITION",
      reason: "ENGINE_CONFIGURATION_INVALID",
    });
  });

  it("says what is wrong with an answer that is not an engine's", async () => {
    const { report } = await preflight({ rawInfo: "OK" });
    expect(check(report, "engine.reachable").message).toBe(
      "the engine's answer about itself cannot be read: Invalid input: expected object, received string",
    );
  });

  it("warns that Podman wants TLS on loopback", async () => {
    const version = { Components: [{ Name: "Podman Engine" }] };
    const changes = { artifact: { id: "127.0.0.1:5000/team/agent:1" } };
    const asked = await preflight({ version, changes });
    expect(check(asked.report, "engine.registry")).toMatchObject({
      outcome: "warning",
      remedy: expect.stringContaining("registries.conf"),
    });
  });

  it("warns of mirrors, from which the engine pulls Docker Hub's images", async () => {
    const info = { RegistryConfig: { Mirrors: ["https://user:secret@mirror.example.com/"] } };
    const changes = { artifact: { id: `docker.io/library/busybox@sha256:${"a".repeat(64)}` } };
    const asked = await preflight({ info, changes });
    expect(check(asked.report, "engine.registry")).toMatchObject({
      outcome: "warning",
      message: expect.stringContaining("https://[redacted]@mirror.example.com/"),
      remedy: expect.stringContaining("registry-mirrors"),
    });
    const elsewhere = await preflight({ info });
    expect(elsewhere.report.checks.map(({ name }) => name)).not.toContain("engine.registry");
  });

  it("asks a rootless Podman what its user may use", async () => {
    const version = { Components: [{ Name: "Podman Engine" }] };
    const info = {
      SecurityOptions: ["name=rootless"],
      CgroupDriver: "systemd",
      CgroupVersion: "2",
    };
    const changes = { shape: { vcpus: 1 } };
    const podman = { host: { cgroupControllers: ["memory", "pids"] } };
    const asked = await preflight({ version, info, changes, podman });
    expect(asked.requests).toContain("GET /v4.0.0/libpod/info");
    expect(check(asked.report, "resources.cpu")).toMatchObject({
      outcome: "failed",
      reason: "ENGINE_HOST_FAULT",
      blastRadius: "zone",
    });
    // A proxy that hides Podman's own calls hides the reason to doubt, too.
    const hidden = await preflight({ version, info, changes, podman: null });
    expect(check(hidden.report, "resources.cpu").outcome).toBe("passed");
  });

  it.each([
    ["1.41", "passed"],
    ["1.100", "passed"],
    ["2.0", "passed"],
    ["1.40", "failed"],
    ["1.4", "failed"],
    ["0.99", "failed"],
    ["rubbish", "failed"],
  ])("API %s is %s", async (ApiVersion, outcome) => {
    const { report } = await preflight({ version: { ApiVersion } });
    expect(check(report, "engine.version").outcome).toBe(outcome);
  });

  describe("of another platform than the engine's", () => {
    const changes = { architecture: "arm64" } as const;
    const FOREIGN = { kernel: "6.1.0-test", runs: () => Promise.resolve(true) };

    it("passes by the kernel that the engine shares with this host", async () => {
      const { report } = await preflight({ changes, options: { hostPlatforms: FOREIGN } });
      expect(check(report, "engine.platform").outcome).toBe("passed");
    });

    it("does not ask this host's kernel about an engine on another", async () => {
      const hostPlatforms = { ...FOREIGN, kernel: "6.2.0-desktop" };
      const { report } = await preflight({ changes, options: { hostPlatforms } });
      expect(check(report, "engine.platform")).toMatchObject({
        outcome: "warning",
        reason: "PLATFORM_UNSUPPORTED",
      });
    });

    it.each([
      [["linux/arm64"], "passed"],
      [["linux/arm64/v8"], "passed"],
      [["linux/arm"], "warning"],
      [["windows/arm64"], "warning"],
      [[], "warning"],
    ])("with placement platforms %j it is %s", async (platforms, outcome) => {
      const { report } = await preflight({ changes: { ...changes, target: { platforms } } });
      expect(check(report, "engine.platform").outcome).toBe(outcome);
      expect(failures(report)).toEqual([]);
    });

    it("is the engine's own where the engine says so", async () => {
      const version = { Arch: "arm64" };
      const own = await preflight({ changes, version });
      expect(check(own.report, "engine.platform").outcome).toBe("passed");
      const old = await preflight({
        changes,
        version: { Arch: "" },
        info: { Architecture: "aarch64" },
      });
      expect(check(old.report, "engine.platform").outcome).toBe("passed");
    });

    it("fails on an engine that runs no Linux containers", async () => {
      const { report } = await preflight({ info: { OSType: "windows" } });
      expect(failures(report)).toEqual(["engine.platform"]);
      expect(report.candidates).toMatchObject([{ verdict: "rejected" }]);
    });
  });

  describe("of a network", () => {
    const changes = { target: { network: "agents" } };

    it("passes where the engine has it", async () => {
      const { report, requests } = await preflight({
        changes,
        network: ({ reply }) => reply(200, { Name: "agents", Driver: "bridge", Scope: "local" }),
      });
      expect(check(report, "network.exists").outcome).toBe("passed");
      expect(requests).toContain("GET /networks/agents");
    });

    it.each<[string, EngineHandler]>([
      ["it is not there", ({ reply }) => reply(404, { message: "network agents not found" })],
      ["it is a swarm's and closed", ({ reply }) => reply(200, { Scope: "swarm" })],
    ])("fails where %s", async (_what, network) => {
      const { report } = await preflight({ changes, network });
      expect(failures(report)).toEqual(["network.exists"]);
      expect(check(report, "network.exists").reason).toBe("NETWORK_NOT_FOUND");
    });

    it("asks nothing about those that every engine has", async () => {
      const { requests } = await preflight({ changes: { target: { network: "host" } } });
      expect(requests).toHaveLength(2);
    });

    it("asks for a name as a name", async () => {
      const { requests } = await preflight({
        changes: { target: { network: "../info" } },
        network: ({ reply }) => reply(404, { message: "no" }),
      });
      expect(requests).toContain("GET /networks/..%2Finfo");
    });
  });
});
