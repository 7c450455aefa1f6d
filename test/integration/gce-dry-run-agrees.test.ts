import { expect, it } from "vitest";
import { rulesOut } from "../../src/plan/refusal-scope.ts";
import { AT_LAUNCH, GCE_REFUSALS, gceRefusals } from "../support/refusals/gce-refusals.ts";
import type { GceRefusal } from "../support/refusals/gce-refusals.ts";
import { playRefusals } from "../support/refusals/refusal-cloud.ts";
import type { Aftermath } from "../support/refusals/refusal-cloud.ts";
import { candidate } from "../support/gce-launches.ts";

const LAYOUT = "two zones";
const SLOW = { timeout: 120_000 };

/** The index of the candidate that is used; null if none is. */
function used(aftermath: Readonly<Record<string, Aftermath>>) {
  return Object.fromEntries(
    Object.entries(aftermath).map(([name, after]) => [
      name,
      "candidate" in after ? after.candidate : null,
    ]),
  );
}

it("leaves the same in the dry run of Compute Engine as at the launch", SLOW, async () => {
  const played = await playRefusals(GCE_REFUSALS, LAYOUT);
  expect(Object.keys(played.launch)).toHaveLength(GCE_REFUSALS.refusals.length);
  expect(used(played["dry-run"])).toEqual(used(played.launch));
});

/** The candidate that the table leaves after a refusal at the first one. */
function leftBy({ kind, verdict }: GceRefusal): number | null {
  const [first, second] = [candidate("us-central1-a"), candidate("us-central1-b")];
  const isBroken = verdict.reason === "CLOUD_UNAVAILABLE" && verdict.blastRadius === "region";
  // An operation that Compute Engine broke has created nothing; a broken call may have.
  if (kind === "operation-error" && isBroken) return 1;
  if (verdict.retry === "same-token") return 0;
  return rulesOut(verdict, first, second) ? null : 1;
}

it("leaves at the launch what the table of scopes leaves", SLOW, async () => {
  const { launch } = await playRefusals(gceRefusals(AT_LAUNCH), LAYOUT);
  expect(used(launch)).toEqual(
    Object.fromEntries(AT_LAUNCH.map((refusal) => [refusal.name, leftBy(refusal)])),
  );
});
