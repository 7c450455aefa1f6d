import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import { SecretValue } from "../../../src/secret-value.ts";
import type {
  LaunchSecrets,
  LeftoverVerbs,
  SubstrateAdapter,
} from "../../../src/substrate/contract.ts";
import { instrument } from "../../../src/substrate/instrument.ts";
import type { AdapterCall, InstrumentOptions } from "../../../src/substrate/instrument.ts";
import { createFakeAdapter } from "../../../testing/substrate/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../../testing/fake-clock.ts";
import { FAKE_ARTIFACT, FAKE_IMAGE, fakeLaunch } from "../../support/launch.ts";

const { signal } = new AbortController();
const PASSWORD = "correct horse battery";
const SECRETS: LaunchSecrets = {
  credential: { kind: "password", username: "ann", password: new SecretValue(PASSWORD) },
  environment: { TOKEN: new SecretValue("environment-value") },
  files: [
    {
      mount: { secret: "key", env: null, path: "/run/key", mode: "0400" },
      value: new SecretValue("file-value"),
    },
  ],
};
const IMAGE = {
  substrate: "DOCKER",
  imageRef: FAKE_IMAGE,
  credential: SECRETS.credential,
} as const;
const TARGET = { imageName: "base", architecture: "amd64" } as const;

function setUp(
  change: (good: SubstrateAdapter) => Partial<SubstrateAdapter> = () => ({}),
  options: Partial<FakeAdapterOptions> = {},
  { knownSecrets }: Pick<InstrumentOptions, "knownSecrets"> = {},
) {
  const clock = createFakeClock();
  const fake = createFakeAdapter({
    clock,
    images: [{ reference: FAKE_IMAGE, artifact: FAKE_ARTIFACT, architecture: "amd64" }],
    ...options,
  });
  const calls: AdapterCall[] = [];
  const adapter = instrument(
    { ...fake, ...change(fake) },
    {
      clock,
      onCall: (call) => calls.push(call),
      ...(knownSecrets === undefined ? {} : { knownSecrets }),
    },
  );
  return { adapter, calls, clock, fake };
}

function leftoverCalls(leftovers: LeftoverVerbs): readonly (() => Promise<unknown>)[] {
  return [() => leftovers.list("ledger-1", signal), () => leftovers.remove([], signal)];
}

function all(adapter: SubstrateAdapter): readonly (() => Promise<unknown>)[] {
  return [
    () => adapter.inspectImage(IMAGE, TARGET, signal),
    () => adapter.preflight(fakeLaunch("one").plan, {}, signal),
    () => adapter.launch(fakeLaunch("one"), signal),
    () => adapter.describe([], signal),
    () => adapter.terminate([], signal),
    () => adapter.list("ledger-1", signal),
    ...(adapter.leftovers === undefined ? [] : leftoverCalls(adapter.leftovers)),
    () => adapter.logs("x", { follow: false, tail: null }, signal)[Symbol.asyncIterator]().next(),
    () => adapter.close(),
  ];
}

describe("instrument", () => {
  it("reports each call with its duration and success", async () => {
    const { adapter, calls, clock } = setUp(undefined, {
      faults: [{ verb: "list", kind: "delay", milliseconds: 120 }],
    });
    await adapter.launch(fakeLaunch("one"), signal);
    await clock.runUntilSettled(adapter.list("ledger-1", signal));
    const ok = { substrate: "DOCKER", outcome: "OK", reason: null };
    expect(calls).toEqual([
      { ...ok, verb: "launch", milliseconds: 0 },
      { ...ok, verb: "list", milliseconds: 120 },
    ]);
  });

  it("reports the code of the thrown error, or of the first refused member", async () => {
    const error = { code: "UNAVAILABLE", reason: "ENGINE_ERROR", message: "no" } as const;
    const { adapter, calls, fake } = setUp();
    fake.fault(
      { verb: "describe", kind: "throw", error },
      { verb: "launch", kind: "lost-after" },
      { verb: "terminate", kind: "reject", error },
    );
    await expect(adapter.describe([], signal)).rejects.toMatchObject(error);
    await adapter.launch(fakeLaunch("one"), signal);
    await adapter.terminate(["x"], signal);
    expect(calls.map(({ verb, outcome, reason }) => [verb, outcome, reason])).toEqual([
      ["describe", "UNAVAILABLE", "ENGINE_ERROR"],
      ["launch", "UNAVAILABLE", "ENGINE_UNAVAILABLE"],
      ["terminate", "UNAVAILABLE", "ENGINE_ERROR"],
    ]);
  });

  it("throws nothing but a SlipwayError, even if an adapter throws synchronously", async () => {
    const fail = (): never => {
      throw new TypeError("x is not a function");
    };
    const { adapter } = setUp(() => ({
      inspectImage: fail,
      preflight: fail,
      launch: fail,
      describe: fail,
      terminate: fail,
      list: fail,
      logs: fail,
      leftovers: { list: fail, remove: fail },
      close: fail,
    }));
    for (const call of all(adapter))
      await expect(call()).rejects.toMatchObject({ name: "SlipwayError", code: "INTERNAL" });
  });

  it("reports commands, and redacts their variables in what the engine says", async () => {
    const { adapter, calls } = setUp(() => ({
      access: {
        kind: "exec",
        exec: (id, { env }) =>
          id === "good"
            ? Promise.resolve(3)
            : Promise.reject(new Error(`no ${env["A"]?.reveal()}`)),
        publishedHost: () => Promise.resolve("127.0.0.1"),
      },
    }));
    const { access } = adapter;
    if (access?.kind !== "exec") throw new Error("the access is lost");
    const request = {
      command: ["true"],
      env: { A: new SecretValue("variable-value") },
      user: null,
      workingDirectory: null,
      input: null,
      terminal: null,
      onOutput: async () => undefined,
    };
    expect(await access.exec("good", request, signal)).toBe(3);
    await expect(access.exec("bad", request, signal)).rejects.toMatchObject({
      name: "SlipwayError",
      message: "unexpected failure: no [redacted]",
    });
    expect(await access.publishedHost("0.0.0.0")).toBe("127.0.0.1");
    expect(calls).toMatchObject([
      { verb: "exec", outcome: "OK" },
      { verb: "exec", outcome: "INTERNAL" },
    ]);
    const provider = { kind: "commands", commands: () => [["ssh"]] } as const;
    expect(setUp(() => ({ access: provider })).adapter.access).toEqual(provider);
    expect(setUp().adapter.access).toBeUndefined();
  });

  it("passes a SlipwayError on unchanged", async () => {
    const error = new SlipwayError({ code: "ABORTED", reason: "INTERNAL", message: "no" });
    const { adapter } = setUp(() => ({ list: () => Promise.reject(error) }));
    await expect(adapter.list("ledger-1", signal)).rejects.toBe(error);
  });

  it.each([PASSWORD, "environment-value", "file-value"])(
    "redacts %s in a launch's errors, rejections and progress",
    async (secret) => {
      const error = {
        code: "INTERNAL",
        reason: "ENGINE_ERROR",
        message: `sent ${secret}`,
      } as const;
      const progress: string[] = [];
      const { adapter, fake } = setUp((good) => ({
        launch: (launch, abort) => {
          launch.onProgress?.({ message: `pulling with ${secret}` });
          return good.launch(launch, abort);
        },
      }));
      const launch = fakeLaunch("one", {
        secrets: SECRETS,
        onProgress: ({ message }) => progress.push(message),
      });
      fake.fault(
        { verb: "launch", kind: "throw", error },
        { verb: "launch", kind: "reject", error },
      );
      await expect(adapter.launch(launch, signal)).rejects.toThrow("sent [redacted]");
      expect(await adapter.launch(launch, signal)).toMatchObject([
        { outcome: "rejected", error: { message: "sent [redacted]" } },
      ]);
      expect(new Set(progress)).toEqual(new Set(["pulling with [redacted]"]));
    },
  );

  it("redacts the credential in the results of an image", async () => {
    const { adapter } = setUp((good) => ({
      inspectImage: async (image, target, abort) => ({
        ...(await good.inspectImage(image, target, abort)),
        checks: [
          {
            name: "image.found",
            outcome: "failed",
            message: `refused ${PASSWORD}`,
            remedy: `change ${PASSWORD}`,
            metadata: { sent: PASSWORD },
          },
        ],
      }),
    }));
    expect(await adapter.inspectImage(IMAGE, TARGET, signal)).toMatchObject({
      checks: [
        {
          message: "refused [redacted]",
          remedy: "change [redacted]",
          metadata: { sent: "[redacted]" },
        },
      ],
    });
  });

  it("reports the calls about leftovers, and redacts the adapter's own secrets in their outcomes", async () => {
    const message = "refused cloud-session-token";
    const error = new SlipwayError({ code: "ABORTED", reason: "INTERNAL", message });
    const { adapter, calls } = setUp(() => ({
      secrets: () => [new SecretValue("cloud-session-token")],
      leftovers: {
        list: () => Promise.resolve([]),
        remove: () => Promise.resolve([{ id: "vol-1", outcome: "failed", error }]),
      },
    }));
    expect(await adapter.leftovers?.list("ledger-1", signal)).toEqual([]);
    expect(await adapter.leftovers?.remove([], signal)).toMatchObject([
      { id: "vol-1", outcome: "failed", error: { message: "refused [redacted]" } },
    ]);
    await Promise.resolve();
    expect(calls).toMatchObject([
      { verb: "listLeftovers", outcome: "OK" },
      { verb: "removeLeftovers", outcome: "ABORTED" },
    ]);
  });

  it("redacts the adapter's own secrets in every verb's results", async () => {
    const own = new SecretValue("cloud-session-token");
    const words = "refused cloud-session-token";
    const error = new SlipwayError({ code: "ABORTED", reason: "INTERNAL", message: words });
    const machine = {
      id: "i",
      place: "here",
      state: "ended",
      architecture: null,
      artifact: null,
      addresses: { private: null, public: null },
      ports: [],
      launchIndex: null,
      ownership: null,
      end: { exitCode: null, message: words },
      createdAt: null,
    } as const;
    const check = { name: "x", outcome: "passed", message: words } as const;
    const { adapter } = setUp((good) => ({
      secrets: () => [own],
      inspectImage: async (...given) => ({
        ...(await good.inspectImage(...given)),
        checks: [check],
      }),
      preflight: async (...given) => {
        const report = await good.preflight(...given);
        const candidates = report.candidates.map((one) => ({ ...one, reason: words }));
        return { ...report, checks: [check], candidates };
      },
      launch: async () => [{ outcome: "unknown", error }],
      terminate: async () => [{ id: "i", outcome: "failed", error }],
      describe: async () => [machine, "unknown", null],
      list: async () => [machine],
      logs() {
        throw error;
      },
      close: () => Promise.reject(error),
    }));
    const said = await Promise.allSettled(all(adapter).map((call) => call()));
    const texts = said.map((one) =>
      one.status === "fulfilled" ? JSON.stringify(one.value) : String(one.reason),
    );
    for (const text of texts) {
      expect(text).toContain("refused [redacted]");
      expect(text).not.toContain("cloud-session-token");
    }
  });

  it("looks up secrets of other calls only after a failure", async () => {
    let lookups = 0;
    const knownSecrets = async () => {
      lookups += 1;
      return [new SecretValue("given-to-another")];
    };
    const { adapter, fake } = setUp(undefined, {}, { knownSecrets });
    await adapter.list("ledger-1", signal);
    await adapter.launch(fakeLaunch("one"), signal);
    expect(lookups).toBe(0);
    const error = {
      code: "UNAVAILABLE",
      reason: "ENGINE_ERROR",
      message: "no given-to-another",
    } as const;
    fake.fault({ verb: "list", kind: "throw", error });
    await expect(adapter.list("ledger-1", signal)).rejects.toThrow("no [redacted]");
    fake.fault({ verb: "terminate", kind: "reject", error });
    expect(await adapter.terminate(["x"], signal)).toMatchObject([
      { error: { message: "no [redacted]" } },
    ]);
    expect(lookups).toBe(2);
  });

  it("times logs until their reader stops", async () => {
    const { adapter, calls, clock, fake } = setUp();
    const [outcome] = await fake.launch(fakeLaunch("one"), signal);
    const id = outcome?.outcome === "accepted" ? outcome.machine.id : "";
    fake.print(id, "hello\n");
    for await (const piece of adapter.logs(id, { follow: true, tail: null }, signal)) {
      expect(new TextDecoder().decode(piece)).toBe("hello\n");
      await clock.advance(30);
      break;
    }
    await Promise.resolve();
    expect(calls).toMatchObject([{ verb: "logs", milliseconds: 30, outcome: "OK" }]);
  });

  it("neither fails the call for a listener's error nor hides that error", async () => {
    const clock = createFakeClock();
    const fake = createFakeAdapter({ clock, images: [] });
    const later: (() => void)[] = [];
    vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void later.push(task));
    const onCall = (): never => {
      throw new Error("listener");
    };
    const adapter = instrument(fake, { clock, onCall });
    await expect(adapter.list("ledger-1", signal)).resolves.toEqual([]);
    expect(later).toHaveLength(1);
    expect(later[0]).toThrow("listener");
  });

  it("keeps the adapter's properties", () => {
    const { adapter, fake } = setUp(undefined, { substrate: "GCP" });
    expect(adapter.substrate).toBe("GCP");
    expect(adapter.capabilities).toBe(fake.capabilities);
  });
});
