import { infoAnswer, startFakeEngine, versionAnswer } from "../../support/fake-engine.ts";
import type { EngineExchange } from "../../support/fake-engine.ts";

const ID = "c".repeat(64);

/** How the engine answers instead of doing what a request asks: status and message. */
export interface EngineRefusals {
  create?: readonly [status: number, message: string] | undefined;
  start?: readonly [status: number, message: string] | undefined;
}

export interface FixtureEngine extends AsyncDisposable {
  readonly host: string;
  readonly requests: readonly string[];
  /** Change it to change the answers from then on. */
  readonly refusals: EngineRefusals;
  /** Resolves when the engine is first asked to create a container. */
  readonly createRequested: Promise<void>;
}

/** A Docker engine with one container at most, which runs once it is started. */
export async function startFixtureEngine(refusals: EngineRefusals = {}): Promise<FixtureEngine> {
  const engine = await startFakeEngine();
  const createRequested = Promise.withResolvers<void>();
  let container: { labels: unknown; state: "created" | "running" } | null = null;
  engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
  engine.on("GET /version", ({ reply }) =>
    reply(200, versionAnswer({ Version: "28.0.4", ApiVersion: "1.48" })),
  );
  engine.on("POST /images/create", ({ stream }) =>
    stream({ status: "Status: Downloaded newer image" }).end(),
  );
  engine.on("POST /containers/create", (exchange) => {
    createRequested.resolve();
    if (refuse(exchange, refusals.create)) return;
    const { Labels } = exchange.json() as { readonly Labels: unknown };
    container = { labels: Labels, state: "created" };
    exchange.reply(201, { Id: ID, Warnings: [] });
  });
  engine.on("POST /containers/*/start", (exchange) => {
    if (refuse(exchange, refusals.start)) return;
    if (container !== null) container.state = "running";
    exchange.reply(204);
  });
  engine.on("PUT /containers/*/archive", ({ reply }) => reply(200));
  engine.on("GET /containers/json", ({ reply }) => reply(200, []));
  engine.on("DELETE /containers/*", ({ reply }) => {
    container = null;
    reply(204);
  });
  engine.on("GET /containers/*/json", ({ reply }) =>
    container === null
      ? reply(404, { message: "No such container" })
      : reply(200, described(container)),
  );
  return {
    host: engine.host,
    requests: engine.requests,
    refusals,
    createRequested: createRequested.promise,
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

function refuse({ reply }: EngineExchange, refusal: EngineRefusals["create"]): boolean {
  if (refusal === undefined) return false;
  const [status, message] = refusal;
  reply(status, { message });
  return true;
}

function described({ labels, state }: { readonly labels: unknown; readonly state: string }) {
  return {
    Id: ID,
    Created: "2026-11-30T17:00:00.000000000Z",
    State: {
      Status: state,
      Running: state === "running",
      ExitCode: 0,
      Error: "",
      OOMKilled: false,
    },
    Config: { Labels: labels, Tty: false, User: "" },
    NetworkSettings: { Ports: {}, Networks: { bridge: { IPAddress: "172.17.0.2" } } },
  };
}
