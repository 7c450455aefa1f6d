import { describe, expect, it } from "vitest";
import type { Candidate } from "../../src/plan/plan.ts";
import { rulesOut } from "../../src/plan/refusal-scope.ts";
import {
  AT_LAUNCH,
  GCE_LAYOUTS,
  GCE_REFUSALS,
  gceCandidates,
  gceRefusals,
} from "../support/refusals/gce-refusals.ts";
import type { GceRefusal } from "../support/refusals/gce-refusals.ts";
import { playRefusals } from "../support/refusals/refusal-cloud.ts";
import type { Aftermath } from "../support/refusals/refusal-cloud.ts";

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

/** The index of the candidate that the table leaves after a refusal at the first one. */
function leftBy({ kind, verdict }: GceRefusal, candidates: readonly Candidate[]): number | null {
  const isBroken = verdict.reason === "CLOUD_UNAVAILABLE" && verdict.blastRadius === "region";
  // An operation that Compute Engine broke has created nothing; a broken call may have.
  const refusal =
    kind === "operation-error" && isBroken
      ? ({ blastRadius: "zone", retry: "next-candidate" } as const)
      : verdict;
  if (refusal.retry === "same-token") return 0;
  const [first] = candidates;
  const left = candidates.findIndex(
    (other) => first !== undefined && !rulesOut(refusal, first, other),
  );
  return left < 0 ? null : left;
}

describe.each(Object.entries(GCE_LAYOUTS))(
  "each refusal of Compute Engine with %s",
  (layout, its) => {
    it("leaves the same in the dry run as at the launch", SLOW, async () => {
      const played = await playRefusals(GCE_REFUSALS, layout);
      expect(Object.keys(played.launch)).toHaveLength(GCE_REFUSALS.refusals.length);
      expect(used(played["dry-run"])).toEqual(used(played.launch));
    });

    it("leaves at the launch what the table of scopes leaves", SLOW, async () => {
      const { launch } = await playRefusals(gceRefusals(AT_LAUNCH), layout);
      const candidates = gceCandidates(its);
      expect(used(launch)).toEqual(
        Object.fromEntries(AT_LAUNCH.map((refusal) => [refusal.name, leftBy(refusal, candidates)])),
      );
    });
  },
);
