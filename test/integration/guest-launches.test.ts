/** Spawns with inputs of their own that share launch calls: each guest finds its own, whatever happened to the launch. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/host/system-clock.ts";
import type { Slipway } from "../../src/slipway/slipway.ts";
import { openWithDeath } from "../support/faults/fault-cell.ts";
import { guestsOnEc2, guestsOnGce } from "../support/guest/cloud.ts";
import type { GuestCloud } from "../support/guest/cloud.ts";
import { bootGuests, documentOf } from "../support/guest/guest.ts";
import { describeWithGuests } from "../support/peers.ts";
import { scratchFolder } from "../support/scratch.ts";

/** Twenty guests boot one after another. */
const LONG = { timeout: 240_000 };

interface Wanted {
  readonly spawnId: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input: { readonly task: string; readonly part: number };
}

function wantedSpawns(count: number): readonly Wanted[] {
  return Array.from({ length: count }, (_, part) => ({
    spawnId: `agent-${part}`,
    env: { PART: `part "${part}" of $${count}` },
    input: { task: `task ${"x".repeat(part)}`, part },
  }));
}

describeWithGuests("guests of launched machines", (peer) => {
  describe.each([
    ["EC2", guestsOnEc2],
    ["Compute Engine", guestsOnGce],
  ] as const)("on %s", (_name, open) => {
    /** Boots every spawn's machine, and expects that it finds its own id, env and input. */
    async function expectOwnInputs(
      cloud: GuestCloud,
      slipway: Slipway,
      wanted: readonly Wanted[],
    ): Promise<void> {
      const spawns = await Promise.all(wanted.map(({ spawnId }) => slipway.describeSpawn(spawnId)));
      expect(spawns.map(({ state }) => state)).toEqual(wanted.map(() => "running"));
      const guests = await Promise.all(
        spawns.map(({ machine }) => cloud.guestOf(machine?.id ?? "")),
      );
      const reports = await bootGuests(peer, guests);
      expect(reports.map(documentOf)).toEqual(
        spawns.map(({ planId, machine }, index) =>
          expect.objectContaining({
            spawn_id: wanted[index]?.spawnId,
            env: wanted[index]?.env,
            input: wanted[index]?.input,
            plan_id: planId,
            place: machine?.place,
          }),
        ),
      );
      expect(reports.map(({ sh }) => sh?.["PART"])).toEqual(wanted.map(({ env }) => env["PART"]));
    }

    it("have their own id, env and input: 20 spawns in one launch call", LONG, async () => {
      using folder = scratchFolder();
      await using cloud = await open();
      await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, {
        clock: systemClock,
      });
      const workspace = await cloud.prepare(slipway);
      const wanted = wantedSpawns(20);
      await slipway.spawnWorkspaces(wanted.map((one) => ({ workspace, ...one })));
      expect(cloud.launchCalls()).toBe(1);
      await expectOwnInputs(cloud, slipway, wanted);
    });

    it("have them if the driver died between the call and its record", async () => {
      using folder = scratchFolder();
      await using cloud = await open();
      const database = join(folder.path, "slipway.db");
      const wanted = wantedSpawns(3);
      {
        await using dying = await openWithDeath(database, cloud, {
          dying: "adapter.launch:after",
          clock: systemClock,
        });
        const workspace = await cloud.prepare(dying);
        await dying.spawnWorkspaces(wanted.map((one) => ({ workspace, ...one })));
      }
      await using slipway = await openWithDeath(database, cloud, { clock: systemClock });
      await slipway.recover();
      expect(cloud.launchCalls()).toBe(2);
      await expectOwnInputs(cloud, slipway, wanted);
    });

    it("have them if parts were launched in two zones, and the rest with the next type", async () => {
      using folder = scratchFolder();
      await using cloud = await open();
      await using slipway = await openWithDeath(join(folder.path, "slipway.db"), cloud, {
        clock: systemClock,
      });
      const workspace = await cloud.prepare(slipway);
      cloud.limitFirstType([2, 1]);
      const wanted = wantedSpawns(5);
      const results = await slipway.spawnWorkspaces(wanted.map((one) => ({ workspace, ...one })));
      const attempts = results.map(({ spawn }) => spawn?.attempts.length ?? 0);
      expect(attempts.toSorted((one, other) => one - other)).toEqual([1, 1, 2, 3, 3]);
      expect(cloud.launchCalls()).toBe(3);
      await expectOwnInputs(cloud, slipway, wanted);
    });
  });
});
