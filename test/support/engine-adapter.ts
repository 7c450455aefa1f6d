import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import { adapterOf } from "./docker-subject.ts";
import { containerAnswer, infoAnswer, startFakeEngine, versionAnswer } from "./fake-engine.ts";
import type { EngineHandler, FakeEngine } from "./fake-engine.ts";

/** Labels of a container of ours, for arm64. */
export const LABELS = {
  "dev.slipway.owner": "ledger-1",
  "dev.slipway.tenant": "acme",
  "dev.slipway.workspace": "agent-dev",
  "dev.slipway.launch": "l1",
  "dev.slipway.plan-id": "sha256:0",
  "dev.slipway.architecture": "arm64",
};

/** The requested container, running. */
export const running: EngineHandler = ({ path, reply }) =>
  reply(200, containerAnswer({ Id: path.split("/")[2] ?? "", Labels: LABELS }));
export const gone: EngineHandler = ({ reply }) => reply(404, { message: "No such container" });

/** A piece of log as the engine frames it: 1 is standard output, 2 standard error. */
export function frame(kind: 1 | 2, text: string): Uint8Array {
  const header = Buffer.from([kind, 0, 0, 0, 0, 0, 0, Buffer.byteLength(text)]);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** An engine that answers its identity, and an adapter for it. */
export async function onEngine<Result>(
  prepare: (engine: FakeEngine) => void,
  use: (adapter: SubstrateAdapter, engine: FakeEngine) => Promise<Result>,
): Promise<Result> {
  await using engine = await startFakeEngine();
  engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
  engine.on("GET /version", ({ reply }) => reply(200, versionAnswer()));
  prepare(engine);
  const adapter = adapterOf(engine);
  try {
    return await use(adapter, engine);
  } finally {
    await adapter.close();
  }
}

/** Requests other than those that identify the engine. */
export function calls(engine: FakeEngine): readonly string[] {
  return engine.requests.filter((name) => !["GET /info", "GET /version"].includes(name));
}
