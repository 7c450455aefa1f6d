import { describe, expect, it } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../../src/errors.ts";
import type { SpawnerPorts } from "../../../src/spawner/task.ts";
import type { LaunchOutcome } from "../../../src/substrate/contract.ts";
import { caughtError } from "../../support/caught.ts";
import { KEY, spawnerWorld } from "../../support/spawner-world.ts";

const lost = new SlipwayError({
  code: "UNAVAILABLE",
  reason: "CLOUD_UNAVAILABLE",
  message: "the answer was lost",
  retry: "same-token",
});

/** A cloud that makes a machine and loses the answer, then refuses, and whose list lags. */
function cloudThat(
  refusal: Pick<SlipwayErrorOptions, "code" | "blastRadius">,
  machines: "consistent" | "eventual",
) {
  const here = spawnerWorld();
  const reason = "CLOUD_REQUEST_REFUSED";
  const refused = new SlipwayError({ ...refusal, reason, message: "refused" });
  let asked = 0;
  const openAdapter: SpawnerPorts["openAdapter"] = () =>
    Promise.resolve({
      ...here.adapter,
      capabilities: {
        ...here.adapter.capabilities,
        idempotency: { machines, tokenMilliseconds: null },
      },
      launch: async (launch, signal): Promise<readonly LaunchOutcome[]> => {
        asked += 1;
        if (asked === 2) return [{ outcome: "rejected", error: refused }];
        const outcomes = await here.adapter.launch(launch, signal);
        return asked === 1 ? [{ outcome: "unknown", error: lost }] : outcomes;
      },
      list: async () => [],
    });
  return { here, openAdapter };
}

describe("a caller that is refused after an answer was lost", () => {
  it.each(["UNAUTHENTICATED", "PERMISSION_DENIED"] as const)(
    "leaves the spawn unsettled if a list proves nothing (%s), and finds its machine later",
    async (code) => {
      const { here, openAdapter } = cloudThat({ code, blastRadius: "credential" }, "eventual");
      expect(await caughtError(() => here.spawnElsewhere({ openAdapter }))).toMatchObject({
        reason: "SPAWN_UNSETTLED",
        message: expect.stringContaining("refused"),
      });
      expect((await here.ledger.describe(KEY))?.state).toBe("launching");
      const spawn = await here.spawnElsewhere({ openAdapter });
      expect(spawn).toMatchObject({
        state: "running",
        machine: { id: here.adapter.machines[0]?.id },
      });
      expect(here.adapter.machines).toHaveLength(1);
    },
  );

  it("fails it if a list shows at once what exists", async () => {
    const { here, openAdapter } = cloudThat(
      { code: "PERMISSION_DENIED", blastRadius: "credential" },
      "consistent",
    );
    expect(await here.spawnElsewhere({ openAdapter })).toMatchObject({ state: "failed" });
  });

  it.each([
    { code: "FAILED_PRECONDITION", blastRadius: "region" },
    { code: "PERMISSION_DENIED", blastRadius: "request" },
  ] as const)("fails it if the refusal is about the launch itself: $code", async (refusal) => {
    const { here, openAdapter } = cloudThat(refusal, "eventual");
    expect(await here.spawnElsewhere({ openAdapter })).toMatchObject({ state: "failed" });
  });
});
