import { describe, expect, it } from "vitest";
import { mergeConfiguration } from "../../../../../adapters/docker/preflight/container-configuration.ts";
import { planSettings, settingsOf } from "../../../../../adapters/docker/settings.ts";
import { snakeCaseName, toCamelCase, toSnakeCase } from "../../../../../src/json/field-case.ts";
import { digestOf, dockerDraft, dockerPlan } from "../../../../support/docker-plan.ts";
import type { DraftChanges } from "../../../../support/docker-plan.ts";

const IMAGE = {
  User: "app:staff",
  ExposedPorts: { "9000": {}, "53/udp": {}, "8080/tcp": {} },
  Env: ["PATH=/bin", "API_KEY=from-image", "EMPTY="],
  Entrypoint: ["/entry"],
  Cmd: ["--serve"],
  Volumes: { "/work": {}, "/data": {} },
  WorkingDir: "/srv",
  Labels: { "org.example.fooBar": "1", team: "image" },
  StopSignal: "SIGINT",
  Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000, Retries: 3 },
  Memory: 64 * 2 ** 20,
  CpuShares: 8,
};

const DRAFT = dockerDraft({
  target: { network: "agents", labels: { team: "placement" } },
  guest: {
    ports: [
      { port: 8080, name: "web" },
      { port: 3000, name: null },
    ],
    secretRefs: ["API_KEY"],
    runtimeSecretMounts: [
      { secret: "TOKEN", env: "GIT_TOKEN", path: null, mode: null },
      { secret: "KEY", env: null, path: "/run/key", mode: "0440" },
    ],
  },
});

describe("mergeConfiguration", () => {
  // Compared with Docker 20.10 in test/integration/foreign-documents.test.ts.
  it.each<[string, object, object, NonNullable<DraftChanges["guest"]>]>([
    ["variables without a value", { Env: ["FOO", "", "A=b"] }, { env: ["A=b"] }, {}],
    ["the first of two variables", { Env: ["A=1", "A=2", "B=3"] }, { env: ["A=1", "B=3"] }, {}],
    [
      "the last of two, if the container sets none",
      { Env: ["A=1", "A=2", "B=3"] },
      { env: ["A=2", "B=3"] },
      { bootDocument: "none" },
    ],
    ["an entrypoint of one empty string", { Entrypoint: [""] }, { entrypoint: null }, {}],
    ["a path with detours", { WorkingDir: "/a/../b/" }, { workingDir: "/b" }, {}],
    ["a range of ports", { ExposedPorts: { "1-2/tcp": {} } }, { exposedPorts: ["1-2/tcp"] }, {}],
  ])("shows %s as the engine reads it", (_what, config, container, guest) => {
    const draft = dockerDraft({ guest });
    const facts = JSON.parse(JSON.stringify({ config }));
    expect(mergeConfiguration(draft, facts).container).toMatchObject(container);
  });

  it("shows the container as it will be", () => {
    expect(mergeConfiguration(DRAFT, { config: IMAGE }).container).toEqual({
      env: ["PATH=/bin", "EMPTY="],
      injectedEnv: [
        { name: "API_KEY", from: "secret API_KEY" },
        { name: "GIT_TOKEN", from: "secret TOKEN" },
        { name: "SLIPWAY_BOOT_DOCUMENT", from: "boot document" },
      ],
      files: [{ path: "/run/key", mode: "0440", from: "secret KEY" }],
      entrypoint: ["/entry"],
      cmd: ["--serve"],
      user: "app:staff",
      workingDir: "/srv",
      volumes: ["/data", "/work"],
      exposedPorts: ["3000/tcp", "53/udp", "8080/tcp", "9000/tcp"],
      labels: { "org.example.fooBar": "1", team: "placement" },
      stopSignal: "SIGINT",
      healthcheck: {
        test: ["CMD", "true"],
        interval: 30_000_000_000,
        timeout: null,
        startPeriod: null,
        retries: 3,
      },
      memory: 64 * 2 ** 20,
      memorySwap: null,
      cpuShares: 8,
      nanoCpus: null,
      network: "agents",
      publish: [
        { port: 8080, address: "127.0.0.1" },
        { port: 3000, address: "127.0.0.1" },
      ],
    });
  });

  it("has a source for every value", () => {
    const { container, sources } = mergeConfiguration(DRAFT, { config: IMAGE });
    const printed = Object.keys(container).map(snakeCaseName);
    expect(Object.keys(sources).toSorted()).toEqual(
      printed.map((field) => `/settings/container/${field}`).toSorted(),
    );
    expect(sources).toMatchObject({
      "/settings/container/env": `image configuration ${digestOf("c")}`,
      "/settings/container/injected_env":
        "workspace agent-dev generation 3 secret_refs, runtime_secret_mounts",
      "/settings/container/network": "placement engine generation 1 target.docker.network",
      "/settings/container/memory": `image configuration ${digestOf("c")}`,
      "/settings/container/nano_cpus": "default of the engine",
    });
  });

  it("counts an image without execution parameters as one that says nothing", () => {
    for (const facts of [{}, { config: null }, { config: {} }])
      expect(mergeConfiguration(dockerDraft(), facts).container).toMatchObject({
        env: [],
        entrypoint: null,
        cmd: null,
        user: "",
        workingDir: "/",
        volumes: [],
        stopSignal: null,
        healthcheck: null,
      });
  });

  it("leaves the boot document out where the workspace wants none", () => {
    const draft = dockerDraft({ guest: { bootDocument: "none" } });
    expect(mergeConfiguration(draft, {}).container.injectedEnv).toEqual([]);
  });
});

describe("settingsOf", () => {
  it("reads back what was printed, labels letter for letter", () => {
    const plan = dockerPlan({ target: { labels: { fooBar: "1", foo_bar: "2" } } }, IMAGE);
    const container = toCamelCase(toSnakeCase(plan.settings["container"]));
    const settings = settingsOf({ ...plan, settings: { container } });
    expect(planSettings(settings)).toEqual(plan.settings);
  });
});
