import { describe, expect, it } from "vitest";
import { FAKE_ARTIFACT, fakeLaunch, fakePlan } from "../../support/launch.ts";
import { fake, signal, summary } from "./support/fake.ts";
import { NO_INPUT } from "../../../src/substrate/contract.ts";

function members(...names: readonly string[]) {
  return names.map((spawnId) => ({ spawnId, ...NO_INPUT, bootDocument: "{}" }));
}

describe("a launch", () => {
  it("creates a machine that boots after the configured time and reports its owner", async () => {
    const { adapter, clock } = fake({ bootMilliseconds: 500 });
    const [outcome] = await adapter.launch(fakeLaunch("one"), signal);
    expect(outcome).toMatchObject({
      outcome: "accepted",
      machine: {
        state: "pending",
        place: "fake",
        architecture: "amd64",
        artifact: FAKE_ARTIFACT,
        ports: [{ port: 8080 }],
        ownership: { owner: "ledger-1", launchId: "one", spawnId: "one" },
        end: null,
      },
    });
    await clock.advance(500);
    expect(adapter.machines).toMatchObject([{ state: "running" }]);
  });

  it("returns the same machine for the same token, even if the place has become full", async () => {
    const { adapter } = fake({ places: [{ place: "fake", capacity: 1 }] });
    const first = summary(await adapter.launch(fakeLaunch("one"), signal));
    expect(summary(await adapter.launch(fakeLaunch("one"), signal))).toEqual(first);
    expect(summary(await adapter.launch(fakeLaunch("two"), signal))).toEqual([
      "rejected INSUFFICIENT_CAPACITY",
    ]);
    expect(adapter.machines).toHaveLength(1);
  });

  it("accepts the same token with renewed secrets", async () => {
    const { adapter } = fake();
    const launch = fakeLaunch("one");
    const first = summary(await adapter.launch(launch, signal));
    const renewed = { ...launch, secrets: { ...launch.secrets, files: [] }, onProgress: () => {} };
    expect(summary(await adapter.launch(renewed, signal))).toEqual(first);
  });

  it.each([
    ["member", { members: members("other") }],
    ["plan", { plan: fakePlan({ workspace: "other" }) }],
    ["place", { place: { place: "elsewhere", verdict: "eligible", reason: null } as const }],
    ["owner", { ownership: { ...fakeLaunch("one").ownership, owner: "ledger-2" } }],
  ])("rejects the same token with another %s", async (_what, change) => {
    const { adapter } = fake({ places: [{ place: "fake" }, { place: "elsewhere" }] });
    await adapter.launch(fakeLaunch("one"), signal);
    expect(summary(await adapter.launch(fakeLaunch("one", change), signal))).toEqual([
      "rejected LAUNCH_TOKEN_MISMATCH",
    ]);
  });

  it("rejects the token of a terminated machine", async () => {
    const { adapter } = fake();
    const [id = ""] = summary(await adapter.launch(fakeLaunch("one"), signal));
    await adapter.terminate([id], signal);
    expect(summary(await adapter.launch(fakeLaunch("one"), signal))).toEqual([
      "rejected LAUNCH_TOKEN_SPENT",
    ]);
  });

  it("leaves the token of a rejected launch unused", async () => {
    const { adapter } = fake({ places: [{ place: "fake", capacity: 0 }] });
    await adapter.launch(fakeLaunch("one"), signal);
    adapter.setCapacity("fake", 1);
    expect(summary(await adapter.launch(fakeLaunch("one"), signal))).toEqual(["fake-000001"]);
  });

  it("has capacity again when a machine has ended or was terminated", async () => {
    const { adapter } = fake({ places: [{ place: "fake", capacity: 1 }] });
    const [first = ""] = summary(await adapter.launch(fakeLaunch("one"), signal));
    adapter.end(first, 0);
    const [second = ""] = summary(await adapter.launch(fakeLaunch("two"), signal));
    await adapter.terminate([second], signal);
    expect(summary(await adapter.launch(fakeLaunch("three"), signal))).toEqual(["fake-000003"]);
  });

  it.each([
    [
      "an unknown place",
      "PLACE_NOT_FOUND",
      { place: { place: "x", verdict: "eligible", reason: null } as const },
    ],
    [
      "an unknown image",
      "IMAGE_NOT_FOUND",
      { plan: fakePlan({ artifact: { id: "x", requested: "x", pinned: true } }) },
    ],
    [
      "an unpinned image",
      "INVALID_INPUT",
      { plan: fakePlan({ artifact: { id: FAKE_ARTIFACT, requested: "x", pinned: false } }) },
    ],
    [
      "another architecture",
      "ARCHITECTURE_MISMATCH",
      { plan: fakePlan({ architecture: "arm64" }) },
    ],
    ["another substrate", "INVALID_INPUT", { plan: fakePlan({ substrate: "AWS" }) }],
    ["a malformed token", "INVALID_INPUT", { token: "one" }],
    ["too many members", "INVALID_INPUT", { members: members("a", "b") }],
  ])("rejects %s", async (_what, reason, change) => {
    const { adapter } = fake();
    const outcomes = summary(await adapter.launch(fakeLaunch("one", change), signal));
    expect(new Set(outcomes)).toEqual(new Set([`rejected ${reason}`]));
    expect(adapter.machines).toEqual([]);
  });

  it("rejects a place whose machines cannot run the image", async () => {
    const { adapter } = fake({ places: [{ place: "fake", architectures: ["arm64"] }] });
    expect(summary(await adapter.launch(fakeLaunch("one"), signal))).toEqual([
      "rejected ARCHITECTURE_MISMATCH",
    ]);
  });

  it.each([
    ["reject-all", ["rejected INSUFFICIENT_CAPACITY", "rejected INSUFFICIENT_CAPACITY"]],
    ["reject-rest", ["fake-000001", "rejected INSUFFICIENT_CAPACITY"]],
  ] as const)(
    "answers a batch that exceeds the capacity with %s, also when replayed",
    async (shortage, expected) => {
      const { adapter } = fake({
        capabilities: {
          batch: { maximum: 2, longestSpawnId: null, idleMilliseconds: 0, longestMilliseconds: 0 },
        },
        places: [{ place: "fake", capacity: 1 }],
        shortage,
      });
      const launch = fakeLaunch("two", { members: members("a", "b") });
      expect(summary(await adapter.launch(launch, signal))).toEqual(expected);
      expect(summary(await adapter.launch(launch, signal))).toEqual(expected);
    },
  );
});
