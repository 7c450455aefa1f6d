import { describe, expect, it } from "vitest";
import { FAKE_ARTIFACT, FAKE_IMAGE, fakeLaunch, fakePlan } from "../../../support/launch.ts";
import { fake, signal, summary } from "../support/fake.ts";

describe("faults", () => {
  it("drop a reply before or after the effect, and count both calls", async () => {
    const { adapter } = fake({
      faults: [
        { verb: "launch", kind: "lost-before" },
        { verb: "launch", kind: "lost-after" },
      ],
    });
    const launch = fakeLaunch("one");
    expect(summary(await adapter.launch(launch, signal))).toEqual(["unknown ENGINE_UNAVAILABLE"]);
    expect(adapter.machines).toHaveLength(0);
    expect(summary(await adapter.launch(launch, signal))).toEqual(["unknown ENGINE_UNAVAILABLE"]);
    expect(adapter.machines).toHaveLength(1);
    expect(summary(await adapter.launch(launch, signal))).toEqual(["fake-000001"]);
    expect(adapter.calls).toMatchObject({ launch: 3, describe: 0 });
    expect(adapter.history.map(({ token, place }) => [token, place])).toEqual(
      Array.from({ length: 3 }, () => [launch.token, "fake"]),
    );
  });

  it("reject in the verb's own way, and throw if it has none", async () => {
    const error = { code: "UNAVAILABLE", reason: "ENGINE_ERROR", message: "no" } as const;
    const { adapter } = fake();
    for (const verb of ["launch", "terminate", "list"] as const)
      adapter.fault({ verb, kind: "reject", error });
    expect(summary(await adapter.launch(fakeLaunch("one"), signal))).toEqual([
      "rejected ENGINE_ERROR",
    ]);
    expect(await adapter.terminate(["x"], signal)).toMatchObject([
      { id: "x", outcome: "failed", error: { reason: "ENGINE_ERROR" } },
    ]);
    await expect(adapter.list("ledger-1", signal)).rejects.toMatchObject(error);
    adapter.fault({ verb: "launch", kind: "throw", error });
    await expect(adapter.launch(fakeLaunch("one"), signal)).rejects.toMatchObject(error);
    expect(adapter.machines).toEqual([]);
  });

  it("can be limited to a place, skip some calls and affect a number of calls", async () => {
    const { adapter } = fake({ places: [{ place: "a" }, { place: "b" }] });
    adapter.fault({ verb: "launch", kind: "lost-before", place: "b", after: 1, times: 2 });
    const at = async (name: string, place: string) => {
      const launch = fakeLaunch(name, { place: { place, verdict: "eligible", reason: null } });
      return (await adapter.launch(launch, signal))[0]?.outcome;
    };
    expect([await at("1", "a"), await at("2", "b"), await at("3", "b")]).toEqual([
      "accepted",
      "accepted",
      "unknown",
    ]);
    expect([await at("4", "a"), await at("5", "b"), await at("6", "b")]).toEqual([
      "accepted",
      "unknown",
      "accepted",
    ]);
  });

  it("delay on the clock, and stop at the signal before any effect", async () => {
    const { adapter, clock } = fake();
    adapter.fault({ verb: "launch", kind: "delay", milliseconds: 70, times: 2 });
    const before = clock.now();
    const launching = adapter.launch(fakeLaunch("one"), signal);
    expect(summary(await clock.runUntilSettled(launching))).toEqual(["fake-000001"]);
    expect(clock.now() - before).toBe(70);
    const controller = new AbortController();
    const cancelled = adapter.launch(fakeLaunch("two"), controller.signal);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED", reason: "INTERRUPTED" });
    expect(adapter.machines).toHaveLength(1);
  });
});

describe("images and plans", () => {
  it("pin a reference, and report an absent one with a failed check", async () => {
    const { adapter } = fake();
    const target = { imageName: "base", architecture: "amd64" } as const;
    const source = { substrate: "DOCKER", imageRef: FAKE_IMAGE, credential: null } as const;
    expect(await adapter.inspectImage(source, target, signal)).toMatchObject({
      artifact: { id: FAKE_ARTIFACT, requested: FAKE_IMAGE, pinned: true },
      floating: [{ reference: FAKE_IMAGE, value: FAKE_ARTIFACT }],
    });
    const absent = { ...source, imageRef: "registry.test/none:1" };
    expect(await adapter.inspectImage(absent, target, signal)).toMatchObject({
      artifact: null,
      checks: [{ outcome: "failed", reason: "IMAGE_NOT_FOUND" }],
    });
    const other = { ...target, architecture: "arm64" } as const;
    const { checks } = await adapter.inspectImage(source, other, signal);
    expect(checks).toMatchObject([
      { outcome: "passed" },
      { outcome: "failed", reason: "ARCHITECTURE_MISMATCH" },
    ]);
  });

  it("look up an AMI in its own region only", async () => {
    const { adapter } = fake({
      substrate: "AWS",
      region: "us-west-2",
      images: [{ reference: "ami-1", architecture: "arm64" }],
    });
    const target = { imageName: "base", architecture: "arm64" } as const;
    const inspect = async (amiIds: Record<string, string>) =>
      adapter.inspectImage({ substrate: "AWS", amiIds, baked: false }, target, signal);
    expect((await inspect({ "us-west-2": "ami-1" })).artifact?.id).toBe("ami-1");
    expect(await inspect({ "us-east-1": "ami-1" })).toMatchObject({
      artifact: null,
      checks: [{ reason: "REGION_MISMATCH" }],
    });
  });

  it("check every candidate and the machine type at once", async () => {
    const { adapter } = fake({
      places: [{ place: "fake", architectures: ["arm64"] }],
      machineTypes: { small: ["arm64"] },
    });
    const candidate = (place: string) => ({ place, verdict: "eligible", reason: null }) as const;
    const plan = fakePlan({
      machineType: "small",
      candidates: [candidate("fake"), candidate("moon")],
    });
    expect(await adapter.preflight(plan, {}, signal)).toMatchObject({
      candidates: [
        { place: "fake", verdict: "rejected", reason: "does not run amd64" },
        { place: "moon", verdict: "rejected", reason: "place does not exist" },
      ],
      checks: [
        { outcome: "failed", reason: "MACHINE_TYPE_MISMATCH" },
        { outcome: "failed", reason: "PLACE_NOT_FOUND" },
      ],
    });
  });
});

describe("machines", () => {
  it("end with an exit code, and exist until they are terminated", async () => {
    const { adapter } = fake();
    const [id = ""] = summary(await adapter.launch(fakeLaunch("one"), signal));
    adapter.end(id, 3, "out of luck");
    expect(await adapter.describe([id], signal)).toMatchObject([
      { state: "ended", end: { exitCode: 3, message: "out of luck" } },
    ]);
    await adapter.terminate([id], signal);
    expect(await adapter.describe([id], signal)).toEqual([null]);
  });

  it("have output: the last lines, and everything until the end", async () => {
    const { adapter } = fake({
      images: [
        {
          reference: FAKE_IMAGE,
          artifact: FAKE_ARTIFACT,
          architecture: "amd64",
          prints: "one\ntwo\n",
        },
      ],
    });
    const [id = ""] = summary(await adapter.launch(fakeLaunch("one"), signal));
    const read = async (follow: boolean, tail: number | null) => {
      const decoder = new TextDecoder();
      let text = "";
      for await (const piece of adapter.logs(id, { follow, tail }, signal))
        text += decoder.decode(piece);
      return text;
    };
    expect(await read(false, null)).toBe("one\ntwo\n");
    expect(await read(false, 1)).toBe("two\n");
    expect(await read(false, 0)).toBe("");
    const following = read(true, 1);
    await Promise.resolve();
    adapter.print(id, "three\n");
    adapter.end(id, 0);
    expect(await following).toBe("two\nthree\n");
  });

  it("outlive the adapter that launched them, which cannot be used once closed", async () => {
    const { adapter } = fake();
    const [id = ""] = summary(await adapter.launch(fakeLaunch("one"), signal));
    await adapter.close();
    expect(adapter.closed).toBe(true);
    await expect(adapter.describe([id], signal)).rejects.toMatchObject({ code: "INTERNAL" });
    const next = adapter.reopen();
    expect(next.closed).toBe(false);
    expect(summary(await next.launch(fakeLaunch("one"), signal))).toEqual([id]);
  });
});
