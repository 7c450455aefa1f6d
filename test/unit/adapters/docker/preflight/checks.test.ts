import { describe, expect, it } from "vitest";
import { mergeConfiguration } from "../../../../../adapters/docker/preflight/container-configuration.ts";
import { guestChecks } from "../../../../../adapters/docker/preflight/guest-checks.ts";
import {
  infoReply,
  readReply,
  versionReply,
} from "../../../../../adapters/docker/client/replies.ts";
import { resourceChecks } from "../../../../../adapters/docker/preflight/resource-checks.ts";
import type { JsonObject } from "../../../../../src/errors.ts";
import type { GuestRequest, SecretMount } from "../../../../../src/plan/plan.ts";
import { dockerDraft } from "../../../../support/docker-plan.ts";
import type { DraftChanges } from "../../../../support/docker-plan.ts";
import rootless from "../../../../fixtures/engines/rootless-cgroup-v1.json" with { type: "json" };
import { infoAnswer, versionAnswer } from "../../../../support/fake-engine.ts";

const MIB = 2 ** 20;

interface Controllers {
  /** What a rootless Podman's user may use. */
  readonly controllers?: readonly string[];
}

/** The facts of an engine with these changes to its `/info`; one with `controllers` is Podman. */
function factsOf(info: object, { controllers }: Controllers = {}) {
  const components = controllers === undefined ? [] : [{ Name: "Podman Engine" }];
  return {
    info: readReply(infoReply, infoAnswer(info), "itself"),
    version: readReply(versionReply, versionAnswer({ Components: components }), "its version"),
    controllers: controllers === undefined ? null : new Set(controllers),
  };
}

/** Outcomes of the checks that do not pass. */
function judge(
  config: JsonObject,
  shape: DraftChanges["shape"] = {},
  info: object = {},
  podman: Controllers = {},
) {
  const draft = dockerDraft({ shape });
  const { container, imageLimits } = mergeConfiguration(draft, { config });
  const checks = resourceChecks({
    resources: container,
    image: imageLimits,
    shape: draft.shape,
    engine: factsOf(info, podman),
  });
  return checks
    .filter(({ outcome }) => outcome !== "passed")
    .map(({ name, outcome }) => `${name} ${outcome}`);
}

/** `/info` of rootless engines on a host with cgroups v1, recorded from Docker 20.10.24 and Podman 4.3.1. */
const DOCKER_WITHOUT_CGROUPS = rootless.docker;
const PODMAN_WITH_V1 = rootless.podman;
/** As Docker reports it where cgroups v2 has no systemd. */
const DOCKER_WITHOUT_SYSTEMD = { ...DOCKER_WITHOUT_CGROUPS, CgroupVersion: "2" };
const PODMAN = { ...rootless.podman, CgroupDriver: "systemd", CgroupVersion: "2" };
const SHAPE = { memoryGb: 1, vcpus: 1 };

describe("resourceChecks of a rootless engine", () => {
  it.each([
    ["v1", DOCKER_WITHOUT_CGROUPS],
    ["v2", DOCKER_WITHOUT_SYSTEMD],
  ])("warn that Docker without cgroups %s ignores limits, which it does not refuse", (_v, info) => {
    expect(judge({ CpuShares: 8 }, SHAPE, info)).toEqual([
      "resources.memory warning",
      "resources.cpu warning",
      "resources.cpu_shares warning",
    ]);
  });

  it("warn that Podman ignores limits with cgroups v1", () => {
    const controllers = ["cpu", "memory"];
    expect(judge({}, SHAPE, PODMAN_WITH_V1, { controllers })).toEqual([
      "resources.memory warning",
      "resources.cpu warning",
    ]);
  });

  it("fail where no container with the limit would start", () => {
    expect(judge({}, SHAPE, PODMAN, { controllers: ["memory", "pids"] })).toEqual([
      "resources.cpu failed",
    ]);
    expect(judge({}, { memoryGb: 1 }, PODMAN, { controllers: ["memory", "pids"] })).toEqual([]);
    const cgroupfs = { ...PODMAN, CgroupDriver: "cgroupfs" };
    expect(judge({}, SHAPE, cgroupfs, { controllers: [] })).toEqual([
      "resources.memory warning",
      "resources.cpu warning",
    ]);
  });

  it("pass with the controllers, and without limits", () => {
    expect(judge({}, SHAPE, PODMAN, { controllers: ["cpu", "memory"] })).toEqual([]);
    expect(judge({}, {}, DOCKER_WITHOUT_CGROUPS)).toEqual([]);
  });
});

describe("resourceChecks", () => {
  it("leave more processors than there are to Podman, which takes any number", () => {
    expect(judge({}, { vcpus: 64 }, {}, { controllers: [] })).toEqual(["resources.cpu warning"]);
  });

  it.each<[string, JsonObject, DraftChanges["shape"], object, string[]]>([
    ["nothing", {}, {}, {}, []],
    [
      "the example of the specification",
      { Memory: 2048, MemorySwap: 4096, CpuShares: 8 },
      {},
      {},
      ["resources.memory failed"],
    ],
    ["the least memory", { Memory: 6 * MIB }, {}, {}, []],
    ["a byte less", { Memory: 6 * MIB - 1 }, {}, {}, ["resources.memory failed"]],
    ["more memory than there is", {}, { memoryGb: 9 }, {}, ["resources.memory warning"]],
    [
      "a kernel without memory limits",
      { Memory: 64 * MIB },
      {},
      { MemoryLimit: false },
      ["resources.memory warning"],
    ],
    ["swap without memory", { MemorySwap: 64 * MIB }, {}, {}, ["resources.memory_swap failed"]],
    ["no swap without memory", { MemorySwap: -1 }, {}, {}, ["resources.memory_swap warning"]],
    ["no swap", { Memory: 64 * MIB, MemorySwap: -1 }, {}, {}, []],
    [
      "less swap than memory",
      { Memory: 64 * MIB, MemorySwap: 32 * MIB },
      {},
      {},
      ["resources.memory_swap failed"],
    ],
    ["as much swap as memory", { Memory: 64 * MIB, MemorySwap: 64 * MIB }, {}, {}, []],
    [
      "a kernel without swap limits",
      { Memory: 64 * MIB, MemorySwap: 64 * MIB },
      {},
      { SwapLimit: false },
      ["resources.memory_swap warning"],
    ],
    ["as many processors as there are", {}, { vcpus: 4 }, {}, []],
    ["more", {}, { vcpus: 4.5 }, {}, ["resources.cpu failed"]],
    ["hardly any", {}, { vcpus: 0.005 }, {}, ["resources.cpu failed"]],
    ["a kernel without quotas", {}, { vcpus: 1 }, { CpuCfsQuota: false }, ["resources.cpu failed"]],
    ["the least shares", { CpuShares: 2 }, {}, {}, []],
    ["too few shares", { CpuShares: 1 }, {}, {}, ["resources.cpu_shares failed"]],
    ["too many shares", { CpuShares: 262_145 }, {}, {}, ["resources.cpu_shares failed"]],
    [
      "a kernel without shares",
      { CpuShares: 8 },
      {},
      { CPUShares: false },
      ["resources.cpu_shares warning"],
    ],
    ["a disk", {}, { diskSizeGb: 10 }, {}, ["resources.disk warning"]],
    ["a disk type", {}, { diskType: "gp3" }, {}, ["resources.disk warning"]],
  ])("%s", (_what, config, shape, info, findings) => {
    expect(judge(config, shape, info)).toEqual(findings);
  });

  it("says which value and what to do", () => {
    const draft = dockerDraft();
    const { container, imageLimits } = mergeConfiguration(draft, { config: { Memory: 2048 } });
    const [memory] = resourceChecks({
      resources: container,
      image: imageLimits,
      shape: draft.shape,
      engine: factsOf({}),
    });
    expect(memory).toMatchObject({
      code: "FAILED_PRECONDITION",
      reason: "RESOURCE_VALUE_REFUSED",
      message: "memory of 2048 bytes is below the engine's minimum, 6 MiB",
    });
    expect(memory?.remedy).toBeTruthy();
  });
});

describe("guestChecks", () => {
  it.each([
    ["", 0],
    ["agent:crew", 0],
    ["2147483647:0", 0],
    ["-1", 1],
    ["1000:2147483648", 1],
    ["4294967295", 1],
  ])("hold the ids of the user %j to what engines accept", (User, refusals) => {
    const draft = dockerDraft();
    const checks = guestChecks(draft, mergeConfiguration(draft, { config: { User } }).container);
    const named = checks.filter(({ name }) => name === "container.user");
    expect(named.map(({ outcome }) => outcome)).toEqual(Array(refusals).fill("failed"));
  });

  const mount = (changes: Partial<SecretMount>): SecretMount => ({
    secret: "KEY",
    env: null,
    path: null,
    mode: null,
    ...changes,
  });
  const port = (number: number) => ({ port: number, name: null });

  it.each<[string, Partial<GuestRequest>, DraftChanges["target"], string[]]>([
    ["nothing", {}, {}, []],
    ["ports", { ports: [port(80), port(81)] }, {}, ["ports.published passed"]],
    ["a port twice", { ports: [port(80), port(80)] }, {}, ["ports.published failed"]],
    [
      "ports on the host's network",
      { ports: [port(80)] },
      { network: "host" },
      ["ports.published warning"],
    ],
    ["secrets", { secretRefs: ["A"], runtimeSecretMounts: [mount({ env: "B" })] }, {}, []],
    [
      "a variable twice",
      { secretRefs: ["A"], runtimeSecretMounts: [mount({ env: "A" })] },
      {},
      ["environment.unique failed"],
    ],
    [
      "the boot document's variable",
      { secretRefs: ["SLIPWAY_BOOT_DOCUMENT"] },
      {},
      ["environment.unique failed"],
    ],
    [
      "that variable where it is free",
      { secretRefs: ["SLIPWAY_BOOT_DOCUMENT"], bootDocument: "none" },
      {},
      [],
    ],
    ["a file", { runtimeSecretMounts: [mount({ path: "/run/key" })] }, {}, []],
    [
      "a file under /dev",
      { runtimeSecretMounts: [mount({ path: "/dev/shm/key" })] },
      {},
      ["files.visible failed"],
    ],
    ["a file under /device", { runtimeSecretMounts: [mount({ path: "/device/key" })] }, {}, []],
    ["a label of ours", {}, { labels: { "dev.slipway.owner": "x" } }, ["labels.reserved failed"]],
    ["a label like ours", {}, { labels: { "dev.slipways": "x" } }, []],
    ["user data", { userData: "#cloud-config\n" }, {}, ["user_data.run warning"]],
  ])("%s", (_what, guest, target, findings) => {
    const draft = dockerDraft({ guest, target: target ?? {} });
    const checks = guestChecks(draft, mergeConfiguration(draft, {}).container);
    expect(checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual(findings);
  });

  it.each([
    [[port(80)], "1 port is published on the engine's host"],
    [[port(80), port(81)], "2 ports are published on the engine's host"],
  ])("counts ports as people do: %j", (ports, message) => {
    const draft = dockerDraft({ guest: { ports }, target: {} });
    const checks = guestChecks(draft, mergeConfiguration(draft, {}).container);
    expect(checks.map((check) => check.message)).toEqual([message]);
  });
});
