import { beforeEach, describe, expect, it } from "vitest";
import { createEngineApi } from "../../../../../adapters/docker/client/api.ts";
import { parseEndpoint } from "../../../../../adapters/docker/client/endpoint.ts";
import { createPuller } from "../../../../../adapters/docker/launch/pull.ts";
import type { FindRefusal } from "../../../../../adapters/docker/launch/clarify-refusal.ts";
import type {
  ImagePull,
  Puller,
  PullTimeouts,
} from "../../../../../adapters/docker/launch/pull.ts";
import { createTransport } from "../../../../../adapters/docker/client/transport.ts";
import type { RegistryCredential } from "../../../../../src/oci/credential.ts";
import { SlipwayError } from "../../../../../src/errors.ts";
import { SecretValue } from "../../../../../src/secret-value.ts";
import { digestOf } from "../../../../support/docker-plan.ts";
import { startFakeEngine } from "../../../../support/fake-engine.ts";
import type {
  EngineExchange,
  EngineHandler,
  FakeEngine,
  StreamedAnswer,
} from "../../../../support/fake-engine.ts";

const PULL = "POST /images/create";
const REFERENCE = {
  registry: "registry.test:5000",
  repository: "team/agent",
  digest: digestOf("a"),
};
const PASSWORD: RegistryCredential = {
  kind: "password",
  username: "röbot",
  password: new SecretValue("s3cret????????>>>>>>>>ÿ"),
};

interface Setup extends AsyncDisposable {
  readonly engine: FakeEngine;
  readonly puller: Puller;
}

async function setUp(
  options: { readonly timeouts?: PullTimeouts; readonly findRefusal?: FindRefusal } = {},
): Promise<Setup> {
  const engine = await startFakeEngine();
  const transport = createTransport(parseEndpoint(engine.host, "the test"));
  const api = createEngineApi(transport);
  const findRefusal = options.findRefusal ?? (async () => "unknown");
  const puller = createPuller({ api, engine: engine.host, ...options, findRefusal });
  return {
    engine,
    puller,
    async [Symbol.asyncDispose]() {
      await transport.close();
      await engine[Symbol.asyncDispose]();
    },
  };
}

function request(changes: Partial<ImagePull> = {}): ImagePull {
  return {
    reference: REFERENCE,
    platform: "linux/arm64/v8",
    credential: null,
    onProgress: () => undefined,
    signal: new AbortController().signal,
    ...changes,
  };
}

const complete: EngineHandler = ({ stream }) => stream({ status: "Status: Downloaded" }).end();

/** A handler that leaves its answers open, and what it has got so far. */
function openPulls() {
  const answers: StreamedAnswer[] = [];
  let waiting: { readonly count: number; readonly reached: () => void } | null = null;
  const handler: EngineHandler = ({ stream }) => {
    answers.push(stream({ status: "Pulling from team/agent", id: "x" }));
    if (waiting !== null && answers.length >= waiting.count) waiting.reached();
  };
  const reached = async (count: number): Promise<readonly StreamedAnswer[]> => {
    if (answers.length < count)
      await new Promise<void>((resolve) => (waiting = { count, reached: resolve }));
    return answers;
  };
  return { handler, reached };
}

describe("pull", () => {
  let seen: EngineExchange[] = [];
  beforeEach(() => {
    seen = [];
  });

  it("asks for the digest and the platform, with the credential for this registry", async () => {
    await using setup = await setUp();
    setup.engine.on(PULL, (exchange) => {
      seen.push(exchange);
      complete(exchange);
    });
    await setup.puller.pull(request({ credential: PASSWORD }));
    const identityToken = {
      kind: "identity-token",
      identityToken: new SecretValue("tok"),
    } as const;
    await setup.puller.pull(request({ credential: identityToken }));
    const registryToken = {
      kind: "registry-token",
      registryToken: new SecretValue("jwt"),
    } as const;
    await setup.puller.pull(request({ credential: registryToken }));
    await setup.puller.pull(request());
    expect(seen[0]?.query).toEqual({
      fromImage: `registry.test:5000/team/agent@${digestOf("a")}`,
      platform: "linux/arm64/v8",
    });
    expect(seen.map(authOf)).toEqual([
      {
        username: "röbot",
        password: "s3cret????????>>>>>>>>ÿ",
        serveraddress: "registry.test:5000",
      },
      { identitytoken: "tok", serveraddress: "registry.test:5000" },
      { registrytoken: "jwt", serveraddress: "registry.test:5000" },
      {},
    ]);
    // The engine decodes with Go's URL-safe alphabet and wants the padding.
    expect(seen[0]?.headers["x-registry-auth"]).toMatch(/^[A-Za-z0-9_-]+=*$/);
    expect(seen.map(({ body }) => body.length)).toEqual([0, 0, 0, 0]);
  });

  it("reports the progress in one line", async () => {
    await using setup = await setUp();
    setup.engine.on(PULL, ({ stream }) =>
      stream(
        { status: "Pulling from team/agent", id: "sha256:aa" },
        { status: "Pulling fs layer", progressDetail: {}, id: "l1" },
        {
          status: "Downloading",
          progressDetail: { current: 2_000_000, total: 8_000_000 },
          id: "l1",
        },
        { status: "Already exists", progressDetail: {}, id: "l2" },
        { status: "Download complete", progressDetail: {}, id: "l1" },
        { status: "Extracting", progressDetail: { current: 5, total: 9_000_000 }, id: "l1" },
        { status: "Pull complete", progressDetail: {}, id: "l1" },
        { status: "Digest: sha256:aa" },
      ).end(),
    );
    const messages: string[] = [];
    await setup.puller.pull(request({ onProgress: (message) => messages.push(message) }));
    expect(messages).toEqual([
      "pulling: 2.0 of 8.0 MB, 0 of 1 layers unpacked",
      "pulling: 2.0 of 8.0 MB, 1 of 2 layers unpacked",
      "pulling: 8.0 of 8.0 MB, 1 of 2 layers unpacked",
      "pulling: 8.0 of 8.0 MB, 2 of 2 layers unpacked",
    ]);
  });

  it.each([
    [
      "inside the stream",
      ({ stream }: EngineExchange) => {
        const message = "unauthorized: authentication required";
        stream({ status: "Pulling" }, { errorDetail: { message }, error: message }).end();
      },
    ],
    [
      "inside the stream, without a detail and a last line end",
      ({ stream }: EngineExchange) => {
        const answer = stream();
        answer.write(Buffer.from('{"error":"unauthorized: authentication required"}'));
        answer.end();
      },
    ],
    [
      "instead of the stream",
      ({ reply }: EngineExchange) =>
        reply(500, { message: "unauthorized: authentication required" }),
    ],
  ])("reads an error %s", async (_where, handler) => {
    await using setup = await setUp();
    setup.engine.on(PULL, handler);
    await expect(setup.puller.pull(request({ credential: PASSWORD }))).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      reason: "REGISTRY_UNAUTHENTICATED",
      message: expect.stringContaining("pulling image registry.test:5000/team/agent@sha256:"),
    });
  });

  it("does not take an engine that dies in the middle for a success", async () => {
    await using setup = await setUp();
    setup.engine.on(PULL, ({ stream }) => {
      const answer = stream({ status: "Downloading", id: "l1" });
      setImmediate(() => answer.breakOff());
    });
    await expect(setup.puller.pull(request())).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      retry: "same-token",
    });
  });

  it.each([
    ["is silent", { silenceMilliseconds: 50, overallMilliseconds: 60_000 }, "no progress"],
    ["takes too long", { silenceMilliseconds: 60_000, overallMilliseconds: 50 }, "not complete"],
  ])("gives up on an engine that %s", async (_what, timeouts, words) => {
    await using setup = await setUp({ timeouts });
    const open = openPulls();
    setup.engine.on(PULL, open.handler);
    await expect(setup.puller.pull(request())).rejects.toMatchObject({
      code: "DEADLINE_EXCEEDED",
      reason: "PULL_TIMED_OUT",
      retry: "same-token",
      message: expect.stringContaining(words),
    });
    const [answer] = await open.reached(1);
    await answer?.abandoned;
  });

  it("refuses a line without an end", async () => {
    await using setup = await setUp();
    setup.engine.on(PULL, ({ stream }) => {
      const answer = stream();
      answer.write(Buffer.alloc(2 ** 21, "x"));
    });
    await expect(setup.puller.pull(request())).rejects.toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
    });
  });
});

describe("a refusal that the engine does not explain", () => {
  const REFUSED = "error from registry: the robot may not";
  const limited = new SlipwayError({
    code: "RESOURCE_EXHAUSTED",
    reason: "REGISTRY_RATE_LIMITED",
    message: "r.test/x: status 429: slow down",
    remedy: "Wait.",
    blastRadius: "credential",
    retry: "same-token",
    metadata: { status: 429 },
  });

  async function failing(words: string, found: Awaited<ReturnType<FindRefusal>>, status = 200) {
    const asked: string[] = [];
    const findRefusal: FindRefusal = async ({ reference }) => {
      asked.push(reference.repository);
      return found;
    };
    await using setup = await setUp({ findRefusal });
    setup.engine.on(PULL, ({ reply }) =>
      reply(status, status === 200 ? { errorDetail: { message: words } } : { message: words }),
    );
    const failure: unknown = await setup.puller.pull(request()).catch((caught: unknown) => caught);
    return { failure, asked };
  }

  it.each([
    [REFUSED, 200],
    ["unknown: injected", 200],
    ["failed to resolve reference: r.test/x: not found", 404],
    ["words that no rule knows", 500],
  ])("is the registry's own: %s", async (words, status) => {
    const { failure, asked } = await failing(words, limited, status);
    expect(failure).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "REGISTRY_RATE_LIMITED",
      remedy: "Wait.",
      blastRadius: "credential",
      retry: "same-token",
      message: expect.stringContaining(`${words}; asked again: r.test/x: status 429: slow down`),
    });
    expect(asked).toEqual(["team/agent"]);
  });

  it.each([
    [REFUSED, 200],
    ["failed to resolve reference: r.test/x: not found", 404],
  ])("is tried again if the registry serves the image: %s", async (words, status) => {
    const { failure } = await failing(words, "served", status);
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      reason: "PULL_FAILED",
      blastRadius: "zone",
      retry: "same-token",
      message: expect.stringContaining(`${words}; asked again, the registry serves the image`),
    });
  });

  it("is the engine's if the registry does not answer", async () => {
    const { failure } = await failing(REFUSED, "unknown");
    expect(failure).toMatchObject({ reason: "REGISTRY_REFUSED", retry: "never" });
  });

  it.each([
    "toomanyrequests: slow down",
    "denied: the robot may not",
    "received unexpected HTTP status: 503 Service Unavailable",
    "filesystem layer verification failed for digest sha256:00",
  ])("is not looked for if the engine explains it: %s", async (words) => {
    const { asked } = await failing(words, limited);
    expect(asked).toEqual([]);
  });
});

describe("pulls at the same time", () => {
  it("are one where image, platform and credential are the same", async () => {
    await using setup = await setUp();
    const open = openPulls();
    setup.engine.on(PULL, open.handler);
    const heard: string[][] = [[], []];
    const pulls = heard.map((messages) =>
      setup.puller.pull(
        request({
          credential: { ...PASSWORD },
          onProgress: (message) => messages.push(message),
        }),
      ),
    );
    const [answer] = await open.reached(1);
    answer?.write({ status: "Downloading", id: "l", progressDetail: { current: 1, total: 2 } });
    answer?.end();
    await Promise.all(pulls);
    expect(setup.engine.requests).toEqual([PULL]);
    expect(heard[0]).toEqual(heard[1]);
    expect(heard[0]).toHaveLength(1);
  });

  it.each([
    ["digest", { reference: { ...REFERENCE, digest: digestOf("b") } }],
    ["repository", { reference: { ...REFERENCE, repository: "team/other" } }],
    ["platform", { platform: "linux/amd64" }],
    ["credential", { credential: PASSWORD }],
  ])("are two where the %s differs", async (_what, difference) => {
    await using setup = await setUp();
    const open = openPulls();
    setup.engine.on(PULL, open.handler);
    const pulls = [setup.puller.pull(request()), setup.puller.pull(request(difference))];
    for (const answer of await open.reached(2)) answer.end();
    await Promise.all(pulls);
    expect(setup.engine.requests).toEqual([PULL, PULL]);
  });

  it("go on for the others when one leaves", async () => {
    await using setup = await setUp();
    const open = openPulls();
    setup.engine.on(PULL, open.handler);
    const controller = new AbortController();
    const leaving = setup.puller.pull(request({ signal: controller.signal }));
    const staying = setup.puller.pull(request());
    const [answer] = await open.reached(1);
    controller.abort();
    await expect(leaving).rejects.toMatchObject({ code: "CANCELLED" });
    answer?.end();
    await staying;
    expect(setup.engine.requests).toEqual([PULL]);
  });

  it("end when the last caller leaves, and start again for a later caller", async () => {
    await using setup = await setUp();
    const open = openPulls();
    setup.engine.on(PULL, open.handler);
    const controllers = [new AbortController(), new AbortController()];
    const pulls = controllers.map(({ signal }) => setup.puller.pull(request({ signal })));
    const [first] = await open.reached(1);
    for (const controller of controllers) controller.abort();
    await Promise.allSettled(pulls);
    const later = setup.puller.pull(request());
    await first?.abandoned;
    const [, second] = await open.reached(2);
    second?.end();
    await later;
    expect(setup.engine.requests).toEqual([PULL, PULL]);
  });

  it("fail together, and the next caller starts a new pull", async () => {
    await using setup = await setUp();
    setup.engine.on(PULL, ({ reply }) => reply(500, { message: "unexpected EOF" }), complete);
    const pulls = [setup.puller.pull(request()), setup.puller.pull(request())];
    const settled = await Promise.allSettled(pulls);
    expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await setup.puller.pull(request());
    expect(setup.engine.requests).toEqual([PULL, PULL]);
  });
});

function authOf({ headers }: EngineExchange): unknown {
  const header = headers["x-registry-auth"];
  return JSON.parse(Buffer.from(String(header), "base64url").toString("utf8"));
}
