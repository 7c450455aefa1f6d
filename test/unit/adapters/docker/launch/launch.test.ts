import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { containerName } from "../../../../../adapters/docker/launch/launch-request.ts";
import { SecretValue } from "../../../../../src/secret-value.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";
import {
  CREATE,
  CREDENTIAL,
  INSPECT_BY_NAME,
  errorOf,
  gone,
  hangUp,
  START,
  INSPECT,
  REMOVE,
  PULL,
  NAME,
  OURS,
  conflict,
  created,
  done,
  running,
  refusing,
  launchOn,
  useRegistry,
} from "../../../../support/docker-launches.ts";
import { containerAnswer, startFakeEngine } from "../../../../support/fake-engine.ts";
import type { EngineHandler, FakeEngine } from "../../../../support/fake-engine.ts";
import { NO_INPUT } from "../../../../../src/substrate/contract.ts";

const { launchWith, pinned } = useRegistry();

describe("launch", () => {
  it("asks the engine to create, start and inspect, and nothing else", async () => {
    const { outcome, requests } = await launchOn(
      {
        [CREATE]: [created],
        [START]: [done],
        [INSPECT]: [running],
      },
      launchWith(),
    );
    expect(requests).toEqual([CREATE, START, INSPECT]);
    expect(outcome).toMatchObject({
      outcome: "accepted",
      machine: { id: "c1", place: "engine-host", state: "running" },
    });
  });

  describe("of a spawn that is to be terminated", () => {
    const state = { Status: "created" };
    const notStarted: EngineHandler = ({ reply }) =>
      reply(200, containerAnswer({ Labels: OURS, State: state }));

    it("creates the container, so that its name is taken, and does not start it", async () => {
      const { outcome, requests } = await launchOn(
        { [CREATE]: [created], [INSPECT]: [notStarted] },
        { ...launchWith(), isWanted: false },
      );
      expect(requests).toEqual([CREATE, INSPECT]);
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { id: "c1" } });
    });

    it("finds the container of an earlier call, started or not", async () => {
      const { outcome, requests } = await launchOn(
        { [CREATE]: [conflict], [INSPECT_BY_NAME]: [notStarted] },
        { ...launchWith(), isWanted: false },
      );
      expect(requests).toEqual([CREATE, INSPECT_BY_NAME]);
      expect(outcome).toMatchObject({ outcome: "accepted", machine: { id: "c1" } });
    });

    it("pulls no image: without it there is no container", async () => {
      const { outcome, requests } = await launchOn(
        { [CREATE]: [refusing(404, "No such image")] },
        { ...launchWith(), isWanted: false },
      );
      expect(requests).toEqual([CREATE]);
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { reason: "MACHINE_NOT_FOUND", retry: "never" },
      });
    });
  });

  it("passes on what the engine says that it ignores", async () => {
    const warning =
      "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.";
    const messages: string[] = [];
    await launchOn(
      {
        [CREATE]: [({ reply }) => reply(201, { Id: "c1", Warnings: [warning] })],
        [START]: [done],
        [INSPECT]: [running],
      },
      { ...launchWith(), onProgress: ({ message }) => messages.push(message) },
    );
    expect(messages).toEqual([`the engine warns: ${warning}`]);
  });

  it("sends name and platform in the query, the rest in the body", async () => {
    const seen: unknown[] = [];
    await launchOn(
      {
        [CREATE]: [
          (exchange) => {
            seen.push(exchange.query, exchange.json());
            created(exchange);
          },
        ],
        [START]: [done],
        [INSPECT]: [running],
      },
      launchWith(),
    );
    expect(seen).toMatchObject([
      { name: NAME, platform: "linux/amd64" },
      { Image: pinned(), HostConfig: { PortBindings: {} } },
    ]);
  });

  it("refuses a plan that is not pinned, and one whose engine cannot be found", async () => {
    const launch = launchWith();
    const artifact = { ...launch.plan.artifact, id: "registry.test/team/agent:1" };
    const unpinned = { ...launch, plan: { ...launch.plan, artifact } };
    const { outcome } = await launchOn({ [INSPECT_BY_NAME]: [gone] }, unpinned);
    expect(errorOf(outcome)).toMatchObject({ reason: "PLAN_UNPINNED" });
    const adapter = adapterOf({ host: "http://x" });
    expect(await adapter.launch(launch, new AbortController().signal)).toMatchObject([
      { outcome: "rejected", error: { reason: "ENGINE_CONFIGURATION_INVALID" } },
    ]);
    await adapter.close();
  });

  it("reveals no secret in what it throws, not even in the causes", async () => {
    const environment = { API_KEY: new SecretValue("env-s3cret") };
    const mount = { secret: "KEY", env: null, path: "/key", mode: "0400" };
    const files = [{ mount, value: new SecretValue("file-s3cret") }];
    const launch = launchWith({ environment, files });
    const routes = [
      { [CREATE]: [hangUp] },
      { [CREATE]: [refusing(500, "failed")] },
      { [CREATE]: [created], "PUT /containers/c1/archive": [hangUp] },
      {
        [CREATE]: [refusing(404, "No such image: registry.test/agent@sha256:aa")],
        [PULL]: [hangUp],
      },
    ] as const;
    for (const route of routes) {
      const { outcome } = await launchOn(route, launch);
      const told = inspect(errorOf(outcome), { depth: null, showHidden: true });
      expect(told).toContain("SlipwayError");
      for (const secret of ["env-s3cret", "file-s3cret", CREDENTIAL.password.reveal()]) {
        expect(told).not.toContain(secret);
        expect(told).not.toContain(Buffer.from(secret).toString("base64").slice(0, -2));
      }
    }
  });

  describe("when the engine lacks the image", () => {
    const missing = refusing(404, "No such image: registry.test/agent@sha256:aa");
    const complete: EngineHandler = ({ stream }) => stream({ status: "Downloaded" }).end();

    it("pulls it, and creates again", async () => {
      const routes = { [CREATE]: [missing, created], [PULL]: [complete], [START]: [done] } as const;
      const { outcome, requests } = await launchOn(
        { ...routes, [INSPECT]: [running] },
        launchWith(),
      );
      expect(outcome.outcome).toBe("accepted");
      expect(requests).toEqual([CREATE, PULL, CREATE, START, INSPECT]);
    });

    it("pulls it once, and says that it is gone again", async () => {
      const routes = { [CREATE]: [missing], [PULL]: [complete] } as const;
      const { outcome, requests } = await launchOn(routes, launchWith());
      expect(requests).toEqual([CREATE, PULL, CREATE]);
      expect(outcome).toMatchObject({
        outcome: "rejected",
        error: { reason: "IMAGE_NOT_FOUND", retry: "same-token" },
      });
    });

    it("pulls once more with another token if the registry has refused the first", async () => {
      const sent: string[] = [];
      const recording =
        (handler: EngineHandler): EngineHandler =>
        (exchange) => {
          const header = String(exchange.headers["x-registry-auth"]);
          sent.push(Buffer.from(header, "base64url").toString());
          handler(exchange);
        };
      const refused = refusing(500, "unauthorized: authentication required");
      const renewed = { ...CREDENTIAL, password: new SecretValue("the second token") };
      const credential = { ...CREDENTIAL, renew: () => Promise.resolve(renewed) };
      const routes = {
        [CREATE]: [missing, created],
        [PULL]: [recording(refused), recording(complete)],
        [START]: [done],
        [INSPECT]: [running],
      } as const;
      const { outcome, requests } = await launchOn(routes, launchWith({ credential }));
      expect(outcome.outcome).toBe("accepted");
      expect(requests).toEqual([CREATE, PULL, PULL, CREATE, START, INSPECT]);
      expect(sent[0]).toContain(CREDENTIAL.password.reveal());
      expect(sent[1]).toContain("the second token");
    });

    it("makes nothing where the pull fails", async () => {
      const routes = { [CREATE]: [missing], [PULL]: [refusing(500, "unexpected EOF")] } as const;
      const { outcome, requests } = await launchOn(routes, launchWith());
      expect(requests).toEqual([CREATE, PULL]);
      expect(errorOf(outcome)).toMatchObject({ reason: "REGISTRY_UNAVAILABLE" });
    });
  });

  it("refuses on a full disk", async () => {
    const { outcome } = await launchOn(
      {
        [CREATE]: [refusing(500, "mkdir /x: no space left on device")],
      },
      launchWith(),
    );
    expect(outcome).toMatchObject({
      outcome: "rejected",
      error: { code: "RESOURCE_EXHAUSTED", reason: "ENGINE_DISK_FULL" },
    });
  });

  it("answers for each member in its order", async () => {
    await using engine = await startFakeEngine();
    const names: string[] = [];
    engine.on(CREATE, (exchange) => {
      names.push(exchange.query["name"] ?? "");
      exchange.reply(201, { Id: `id-${exchange.query["name"]}` });
    });
    engine.on("POST /containers/*/start", ({ path, reply }) =>
      path.includes(containerName(launchWith().token, "two"))
        ? reply(500, { message: "failed" })
        : reply(204),
    );
    engine.on("DELETE /containers/*", done);
    engine.on("GET /containers/*/json", ({ path, reply }) =>
      reply(200, containerAnswer({ Id: path.split("/")[2] ?? "" })),
    );
    const adapter = adapterOf(engine);
    const members = ["one", "two", "three"].map((spawnId) => ({
      spawnId,
      ...NO_INPUT,
      bootDocument: "{}",
    }));
    const launch = { ...launchWith(), members };
    const outcomes = await adapter.launch(launch, new AbortController().signal);
    await adapter.close();
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(["accepted", "rejected", "accepted"]);
    expect(new Set(names).size).toBe(3);
  });

  describe("when it is cancelled", () => {
    async function cancelledOn(prepare: (engine: FakeEngine, stop: () => void) => void) {
      await using engine = await startFakeEngine();
      const controller = new AbortController();
      prepare(engine, () => controller.abort());
      const adapter = adapterOf(engine);
      try {
        await adapter.launch(launchWith(), controller.signal);
        throw new Error("nothing was thrown");
      } catch (caught) {
        return { caught, requests: [...engine.requests] };
      } finally {
        await adapter.close();
      }
    }

    it("removes the container that it has just created", async () => {
      const { caught, requests } = await cancelledOn((engine, stop) => {
        engine.on(CREATE, (exchange) => {
          stop();
          created(exchange);
        });
        engine.on(REMOVE, done);
      });
      expect(caught).toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
      expect(requests).toEqual([CREATE, REMOVE]);
    });

    it("stops a pull", async () => {
      let abandoned: Promise<void> = Promise.resolve();
      const { caught, requests } = await cancelledOn((engine, stop) => {
        engine.on(CREATE, refusing(404, "No such image: registry.test/agent@sha256:aa"));
        engine.on(PULL, ({ stream }) => {
          ({ abandoned } = stream({ status: "Downloading", id: "a" }));
          setImmediate(stop);
        });
      });
      expect(caught).toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
      expect(requests).toEqual([CREATE, PULL]);
      await abandoned;
    });
  });
});
