import { afterAll, beforeAll } from "vitest";
import { containerName } from "../../adapters/docker/launch/launch-request.ts";
import { SecretValue } from "../../src/secret-value.ts";
import type { Launch, LaunchOutcome } from "../../src/substrate/contract.ts";
import { startRegistry, tinyImage } from "../../testing/registry/index.ts";
import type { AddedImage, TestRegistry } from "../../testing/registry/index.ts";
import { dockerPlan, launchOf } from "./docker-plan.ts";
import { adapterOf } from "./docker-subject.ts";
import { containerAnswer, startFakeEngine } from "./fake-engine.ts";
import type { EngineHandler } from "./fake-engine.ts";

const PASSWORD = "registry-s3cret";
export const CREDENTIAL = {
  kind: "password",
  username: "robot",
  password: new SecretValue(PASSWORD),
} as const;
export const NAME = containerName("0123456789abcdef".repeat(4), "spawn-1");
export const OURS = {
  "dev.slipway.owner": "ledger-1",
  "dev.slipway.tenant": "acme",
  "dev.slipway.workspace": "agent-dev",
  "dev.slipway.launch": "0123456789abcdef".repeat(2),
  "dev.slipway.spawn": "spawn-1",
  "dev.slipway.plan-id": "sha256:0",
};

export const CREATE = "POST /containers/create";
export const START = "POST /containers/c1/start";
export const INSPECT = "GET /containers/c1/json";
export const INSPECT_BY_NAME = `GET /containers/${NAME}/json`;
export const REMOVE = "DELETE /containers/c1";
export const PULL = "POST /images/create";

export const created: EngineHandler = ({ reply }) => reply(201, { Id: "c1", Warnings: [] });
export const done: EngineHandler = ({ reply }) => reply(204);
export const running: EngineHandler = ({ reply }) => reply(200, containerAnswer({ Labels: OURS }));
export const gone: EngineHandler = ({ reply }) => reply(404, { message: "No such container: x" });
export const hangUp: EngineHandler = (exchange) => exchange.hangUp();
export const conflict: EngineHandler = ({ reply }) =>
  reply(409, { message: `Conflict. The container name "/${NAME}" is already in use` });

export function refusing(status: number, message: string): EngineHandler {
  return ({ reply }) => reply(status, { message });
}

export function found(
  status: string,
  labels: Readonly<Record<string, string>> = OURS,
): EngineHandler {
  return ({ reply }) =>
    reply(200, containerAnswer({ State: { Status: status, ExitCode: 3 }, Labels: labels }));
}

/** A registry with a password and one image, for all tests of a file. */
export function useRegistry() {
  let registry: TestRegistry | null = null;
  let image: AddedImage | null = null;
  beforeAll(async () => {
    registry = await startRegistry({
      auth: { kind: "basic", users: { robot: { password: PASSWORD } } },
    });
    image = registry.add("team/agent", "1", tinyImage("amd64"));
  });
  afterAll(() => registry?.close());
  const pinned = () => image?.pinned ?? "";
  /** A launch of that image with a valid credential. */
  const launchWith = (changes: Partial<Launch["secrets"]> = {}): Launch => {
    const plan = dockerPlan({ artifact: { id: pinned(), platform: "linux/amd64" } });
    const secrets = { credential: CREDENTIAL, environment: {}, files: [], ...changes };
    return launchOf(plan, { secrets });
  };
  return { pinned, launchWith };
}

/** Launches on an engine with these handlers, and returns the outcome and the requests. */
export async function launchOn(
  routes: Readonly<Record<string, readonly [EngineHandler, ...EngineHandler[]]>>,
  launch: Launch,
): Promise<{ readonly outcome: LaunchOutcome; readonly requests: readonly string[] }> {
  await using engine = await startFakeEngine();
  for (const [route, handlers] of Object.entries(routes)) engine.on(route, ...handlers);
  const adapter = adapterOf(engine, { sleep: () => Promise.resolve() });
  try {
    const [outcome] = await adapter.launch(launch, new AbortController().signal);
    if (outcome === undefined) throw new Error("no outcome");
    return { outcome, requests: engine.requests };
  } finally {
    await adapter.close();
  }
}

export function errorOf(outcome: LaunchOutcome | undefined) {
  if (outcome === undefined) throw new Error("the launch has no outcome");
  return outcome.outcome === "accepted" ? null : outcome.error;
}
