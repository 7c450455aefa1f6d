import { describe, expect, it } from "vitest";
import type { SpawnInput } from "../../../src/substrate/contract.ts";
import { begin, KEY, launchOf, machineOf, newSpawn, stepped, take, token } from "./subject.ts";
import type { OpenLedger } from "./subject.ts";

const OWN: SpawnInput = {
  env: JSON.parse('{"A":"","B":"two\\nlines","__proto__":"own"}'),
  labels: { "example.com/team": "a", task: "7" },
  input: JSON.parse('{"__proto__":[1.5,null,true],"amiIds":{"deepKey":1},"text":"\\u0000ü"}'),
};

export function describeInputs(open: OpenLedger): void {
  describe("inputs", () => {
    it("are recorded with the intent, and kept by every step", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const { driven } = await begin(ledger, newSpawn({ own: OWN }));
      expect(driven.spawn).toMatchObject(OWN);
      await stepped(ledger, { to: "running", machine: machineOf("m-1") });
      await ledger.claim({ ...KEY, fence: 1, worker: "worker-2", until: 9_000 });
      const read = [
        (await ledger.find(KEY))?.spawn,
        await ledger.describe(KEY),
        ...(await ledger.list("default", {})),
        await ledger.findByMachine("default", "m-1"),
      ];
      for (const spawn of read) {
        const { env, labels, input } = spawn ?? {};
        expect(JSON.stringify({ env, labels, input })).toBe(JSON.stringify(OWN));
      }
    });

    it("are empty for a spawn without any", async () => {
      await using subject = await open();
      await begin(subject.ledger);
      expect((await subject.ledger.find(KEY))?.spawn).toMatchObject({
        env: {},
        labels: {},
        input: null,
      });
    });

    it("belong to their members, in the order of the launch", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const spawns = ["b", "a", "c"].map((spawnId, member) =>
        newSpawn({
          spawnId,
          own: { ...OWN, input: member },
          launch: { ...launchOf("a"), member },
        }),
      );
      await ledger.begin(spawns, null);
      const members = await ledger.members(token("a"));
      expect(members.map(({ spawnId, input }) => [spawnId, input])).toEqual([
        ["b", 0],
        ["a", 1],
        ["c", 2],
      ]);
      expect(members[0]).toEqual({ ...OWN, spawnId: "b", input: 0 });
    });

    it("show which member of its latest launch a spawn is", async () => {
      await using subject = await open();
      const { ledger } = subject;
      await begin(ledger, newSpawn({ launch: { ...launchOf("a"), member: 4 } }));
      const launch = { ...launchOf("b", 1), member: 2 };
      await take(ledger, {
        to: "launching",
        answer: { outcome: "rejected", reason: "QUOTA_EXCEEDED" },
        launch,
      });
      expect((await ledger.find(KEY))?.spawn).toMatchObject({
        launch: { token: token("b"), index: 2 },
        attempts: [{ index: 4 }, { index: 2 }],
      });
    });
  });

  describe("labels", () => {
    it("select spawns, all of them together", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const labelled = (labels: SpawnInput["labels"]) => ({ ...OWN, labels });
      await begin(ledger, newSpawn({ spawnId: "a", own: labelled({ task: "7", team: "x" }) }));
      await begin(ledger, newSpawn({ spawnId: "b", own: labelled({ task: "7" }) }));
      await begin(ledger, newSpawn({ spawnId: "c", own: labelled({ task: "8", team: "x" }) }));
      await begin(ledger, newSpawn({ spawnId: "d" }));
      const acme = { tenant: "acme", spawnId: "a", own: labelled({ task: "7" }) };
      await begin(ledger, newSpawn({ ...acme, launch: launchOf("b") }));
      await stepped(ledger, { to: "running", spawnId: "b" });
      const ids = async (filter: Parameters<typeof ledger.list>[1]) =>
        (await ledger.list("default", filter)).map(({ spawnId }) => spawnId);
      expect(await ids({ labels: {} })).toEqual(["d", "c", "b", "a"]);
      expect(await ids({ labels: { task: "7" } })).toEqual(["b", "a"]);
      expect(await ids({ labels: { task: "7", team: "x" } })).toEqual(["a"]);
      expect(await ids({ labels: { task: "7" }, state: "running" })).toEqual(["b"]);
      expect(await ids({ labels: { task: "" } })).toEqual([]);
      expect(await ids({ labels: { toString: "7" } })).toEqual([]);
    });
  });

  describe("machines", () => {
    it("lead to the spawn that has them on record", async () => {
      await using subject = await open();
      const { ledger } = subject;
      const container = "0123456789ab".padEnd(64, "c");
      await begin(ledger, newSpawn({ spawnId: "a" }));
      await begin(ledger, newSpawn({ spawnId: "b" }));
      await stepped(ledger, { to: "running", spawnId: "a", machine: machineOf(container) });
      await stepped(ledger, { to: "running", spawnId: "b", machine: machineOf("i-0123456789ab") });
      const idOf = async (machineId: string, tenant = "default") =>
        (await ledger.findByMachine(tenant, machineId))?.spawnId ?? null;
      expect(await idOf(container)).toBe("a");
      expect(await idOf("0123456789ab")).toBe("a");
      expect(await idOf("0123456789abc")).toBe("a");
      expect(await idOf("i-0123456789ab")).toBe("b");
      const others = [
        "0123456789a",
        "0123456789ac",
        "i-0123456789a",
        "i-",
        "",
        "%",
        container + "c",
      ];
      for (const other of others) expect(await idOf(other)).toBe(null);
      expect(await idOf(container, "acme")).toBe(null);
      await stepped(ledger, { to: "terminated", spawnId: "a" });
      expect(await idOf(container)).toBe("a");
    });
  });
}
