import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { type EngineKind, EVERY_DOCKER } from "../../src/oci/image/finding.ts";
import { type BuiltImage, buildImage, tinyImage } from "../../testing/registry/index.ts";
import { settingsOf } from "../../adapters/docker/settings.ts";
import { errorOf } from "../support/docker-launches.ts";
import { launchOf, memberOf } from "../support/docker-plan.ts";
import { ownerOn, resolveOn } from "../support/docker-subject.ts";
import { askEngine, engineRuns, fieldOf } from "../support/engine-client.ts";
import { describeWithEngine, type EnginePeer } from "../support/peers.ts";
import { usePulling } from "./support/pulling.ts";

const { signal } = new AbortController();
const DIFF_IDS = tinyImage("amd64").layers.map(({ diffId }) => diffId);
const COMMAND = { Entrypoint: ["/machine"] };

/** The tiny image with other members in its configuration, or in the member `config`. */
function odd(execution: object, top: object = {}, manifest: object = {}): BuiltImage {
  const { layers, platform } = tinyImage("amd64");
  const config = { config: { ...COMMAND, ...execution }, ...top };
  const overrides = JSON.parse(JSON.stringify({ config, manifest }));
  return buildImage({ platform, layers, overrides });
}

/** An image with content that the engine has not seen: it would not look at the layer otherwise. */
function unseen(compression: "zstd"): BuiltImage {
  return tinyImage("amd64", { compression, program: { line: randomUUID() } });
}

/** The same with `undefined` for a removed member. */
function without(...names: readonly string[]): BuiltImage {
  const { layers, platform } = tinyImage("amd64");
  const removed = Object.fromEntries(names.map((name) => [name, undefined]));
  return buildImage({ platform, layers, overrides: { config: { config: COMMAND, ...removed } } });
}

describeWithEngine("images that depart from the specification", (engine) => {
  const pulling = usePulling(engine);

  it.each<[string, BuiltImage]>([
    [
      "members in another case",
      odd({ env: ["MODE=fast"], workingDir: "/srv", exposedPorts: { "80/tcp": {} } }),
    ],
    ["two spellings, of which the later counts", odd({ Env: ["A=1"], env: ["B=2"] })],
    [
      "null in every optional member",
      odd({
        User: null,
        Env: null,
        Cmd: null,
        Volumes: null,
        WorkingDir: null,
        Labels: null,
        StopSignal: null,
        Healthcheck: null,
      }),
    ],
    ["null among values", odd({ Env: [null, "A=1"], Cmd: [null], Labels: { q: null } })],
    [
      "values that are not ports",
      odd({ ExposedPorts: { "33060-33061/tcp": {}, http: {}, "99999/tcp": {} } }),
    ],
    ["variables without a value", odd({ Env: ["FOO", "", "A=b"] })],
    ["a variable twice", odd({ Env: ["A=1", "A=2"] })],
    ["limits that are not numbers", odd({ Memory: "512m", CpuShares: -1 })],
    ["an entrypoint of one empty string", odd({ Entrypoint: [""], Cmd: ["/machine"] })],
    ["a path with detours", odd({ WorkingDir: "/a/../b/" })],
    [
      "a health check of another kind",
      odd({ Healthcheck: { Test: ["OTHER", "x"], Interval: 5, Retries: -1 } }),
    ],
    ["an unknown signal", odd({ StopSignal: "SIGNONE" })],
    ["a rootfs without a type", odd({}, { rootfs: { diff_ids: DIFF_IDS } })],
    ["an empty history", odd({}, { history: [] })],
    ["a null date", odd({}, { created: null, history: null })],
    ["uname's architecture", odd({}, { architecture: "x86_64" })],
    ["another variant", odd({}, { variant: "v2" })],
    ["no platform", without("architecture", "os")],
    ["an empty platform", odd({}, { architecture: "", os: "" })],
    ["a manifest with schema version 3", odd({}, {}, { schemaVersion: 3 })],
    ["a manifest without a type", odd({}, {}, { mediaType: null })],
  ])("%s: the plan shows the container that the engine makes", async (_what, image) => {
    const { registry, adapter } = pulling();
    await using owned = ownerOn(adapter);
    const added = registry.add(`team/odd-${randomUUID()}`, "1", image);
    const { plan } = await resolveOn(adapter, { imageRef: added.reference });
    const base = launchOf(plan, { token: randomUUID().replaceAll("-", "").padEnd(64, "0") });
    const launch = { ...base, ownership: { ...base.ownership, owner: owned.owner } };
    const [outcome] = await adapter.launch({ ...launch, members: [memberOf("spawn-0")] }, signal);
    expect(errorOf(outcome)).toBeNull();
    const id = outcome?.outcome === "accepted" ? outcome.machine.id : "";
    const { body } = await askEngine(engine, "GET", `/containers/${id}/json`);
    const shown = settingsOf(plan);
    const real = fieldOf(body, "Config");
    const environment = listOf(fieldOf(real, "Env")).filter(
      (entry) => !entry.startsWith("SLIPWAY_"),
    );
    // The engine keeps a variable without a value in its record and drops it from the process.
    expect(shown.env).toEqual(environment.filter((entry) => entry.includes("=")));
    expect(shown.cmd).toEqual(fieldOf(real, "Cmd"));
    expect(shown.entrypoint).toEqual(fieldOf(real, "Entrypoint"));
    expect(shown.user).toEqual(fieldOf(real, "User"));
    expect(shown.workingDir).toEqual(fieldOf(real, "WorkingDir") || "/");
    const ports = Object.keys(Object(fieldOf(real, "ExposedPorts")));
    expect(shown.exposedPorts).toEqual(ports.toSorted());
  });

  it.each<[string, BuiltImage, string]>([
    ["no command", odd({ Entrypoint: null }), "image.command"],
    ["a relative directory", odd({ WorkingDir: "app" }), "image.config"],
    ["a variable without a name", odd({ Env: ["=x"] }), "image.config"],
    ["variables in a map", odd({ Env: { A: "b" } }), "IMAGE_CONFIG_INVALID"],
    ["a user that is a number", odd({ User: 1000 }), "IMAGE_CONFIG_INVALID"],
    ["ports in a list", odd({ ExposedPorts: ["80/tcp"] }), "IMAGE_CONFIG_INVALID"],
    ["another system", odd({}, { os: "windows" }), "PLATFORM_NOT_FOUND"],
  ])("%s: the dry run refuses what every engine refuses", async (_what, image, word) => {
    const { registry, adapter } = pulling();
    const added = registry.add(`team/odd-${randomUUID()}`, "1", image);
    await expect(resolveOn(adapter, { imageRef: added.reference })).rejects.toThrow(word);
    expect(await engineRuns(engine, added.pinned)).toBe(false);
  });

  it.each<[string, BuiltImage, readonly EngineKind[]]>([
    ["an empty date", odd({}, { created: "" }), EVERY_DOCKER],
    ["a date without a zone", odd({}, { created: "2020-01-01T00:00:00" }), EVERY_DOCKER],
    ["more steps than layers", odd({}, { history: [{}, {}, {}] }), ["docker-graph-driver"]],
    ["a step's flag that is text", odd({}, { history: [{ empty_layer: "true" }] }), EVERY_DOCKER],
    ["triggers that are text", odd({ OnBuild: "RUN x" }), EVERY_DOCKER],
    ["a terminal that is text", odd({ Tty: "true" }), ["docker-graph-driver"]],
    ["text for a command", odd({ Cmd: "/machine" }), ["docker-containerd"]],
    ["layers in zstd", unseen("zstd"), ["docker-before-23"]],
  ])("%s: the dry run knows which engines refuse it", async (_what, image, refusedBy) => {
    const { registry, adapter } = pulling();
    const kinds = await engineKinds(engine);
    const added = registry.add(`team/odd-${randomUUID()}`, "1", image);
    const isRefused = refusedBy.some((kind) => kinds.includes(kind));
    const resolved = await resolveOn(adapter, { imageRef: added.reference }).then(
      () => "",
      (caught: unknown) => String(caught),
    );
    expect(resolved.includes("image.store")).toBe(isRefused);
    expect(await engineRuns(engine, added.pinned)).toBe(!isRefused);
  });
});

/** What the engine is, from its own description. */
async function engineKinds(engine: EnginePeer): Promise<readonly EngineKind[]> {
  const { body: info } = await askEngine(engine, "GET", "/info");
  const { body: version } = await askEngine(engine, "GET", "/version");
  const usesContainerd = JSON.stringify(fieldOf(info, "DriverStatus")).includes(
    "io.containerd.snapshotter.v1",
  );
  const major = Number.parseInt(String(fieldOf(version, "Version")), 10);
  return [
    usesContainerd ? "docker-containerd" : "docker-graph-driver",
    ...(major < 23 ? (["docker-before-23"] as const) : []),
  ];
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
