import type { Catalog } from "../../../../src/catalog/catalog.ts";
import { asSlipwayError } from "../../../../src/errors.ts";
import type {
  BurstOptions,
  Slipway,
  SpawnResult,
  WantedSpawn,
} from "../../../../src/slipway/slipway.ts";
import type { Spawn } from "../../../../src/ledger/spawn-record.ts";

/** A Slipway with the given methods; every other method throws. */
export function fakeSlipway(
  methods: Partial<Omit<Slipway, "catalog">> & { readonly catalog?: Partial<Catalog> },
): Slipway {
  const unexpected = (): never => {
    throw new Error("this test expects no such call");
  };
  return {
    tenant: "default",
    resolveWorkspace: unexpected,
    spawnWorkspace: unexpected,
    spawnWorkspaces: (wanted, options) => Promise.all(wanted.map(resultOf(methods, options))),
    listSpawns: unexpected,
    watchList: unexpected,
    estimateSpawns: async () => ({ launchMilliseconds: 0, limit: null, bootMilliseconds: 0 }),
    findSpawn: unexpected,
    describeSpawn: unexpected,
    terminateSpawn: unexpected,
    // Every command that shows spawns refreshes them first.
    refreshSpawns: () => Promise.resolve(),
    recover: unexpected,
    sweep: unexpected,
    prune: unexpected,
    rotateKey: unexpected,
    logs: unexpected,
    exec: unexpected,
    listPorts: unexpected,
    watch: unexpected,
    inspectImage: unexpected,
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...methods,
    catalog: {
      tenant: "default",
      set: unexpected,
      setDocument: unexpected,
      apply: unexpected,
      setSecret: unexpected,
      patch: unexpected,
      get: unexpected,
      list: unexpected,
      delete: unexpected,
      history: unexpected,
      recordBake: unexpected,
      linked: unexpected,
      generations: unexpected,
      ...methods.catalog,
    },
  };
}

/** Spawns each of several with the given `spawnWorkspace`; if that fails, the record comes from `listSpawns`. */
function resultOf(
  { spawnWorkspace, listSpawns }: Partial<Pick<Slipway, "spawnWorkspace" | "listSpawns">>,
  options?: BurstOptions,
) {
  return async (wanted: string | WantedSpawn): Promise<SpawnResult> => {
    if (spawnWorkspace === undefined) throw new Error("this test expects no spawn");
    const { workspace, ...id } = typeof wanted === "string" ? { workspace: wanted } : wanted;
    try {
      const spawn = await spawnWorkspace(workspace, { ...options, ...id });
      return { spawnId: spawn.spawnId, spawn, error: null };
    } catch (caught) {
      const error = asSlipwayError(caught);
      const id = error.metadata["spawn_id"];
      const spawnId = typeof id === "string" ? id : "new";
      const all = (await listSpawns?.()) ?? [];
      return { spawnId, spawn: all.find((one) => one.spawnId === spawnId) ?? null, error };
    }
  };
}

/** A running spawn, with the given changes. */
export function sampleSpawn(changes: Partial<Spawn> = {}): Spawn {
  return {
    spawnId: "one",
    tenant: "default",
    workspace: "agent-dev",
    state: "running",
    planId: `sha256:${"b".repeat(64)}`,
    substrate: "DOCKER",
    machine: {
      id: "c".repeat(64),
      place: "engine-1",
      architecture: "amd64",
      addresses: { private: "172.17.0.2", public: null },
      ports: [{ port: 8080, hostPort: 32768 }],
    },
    env: {},
    labels: {},
    input: null,
    launch: { token: "token-1", index: 0 },
    attempts: [
      {
        attempt: 1,
        place: "engine-1",
        machineType: "unlimited",
        token: "token-1",
        index: 0,
        outcome: "accepted",
        reason: null,
      },
    ],
    error: null,
    createdAt: "2026-11-22T04:00:00.000Z",
    updatedAt: "2026-11-22T04:00:01.000Z",
    ...changes,
  };
}
