import type { SpawnRecord } from "../../src/ledger/ledger.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type { Launched } from "./audited.ts";

/** How often a launch of several machines may be refused in one place before it counts as refused for one. */
const MOST_PARTIAL_REFUSALS = 12;

/**
 * The auditor's own model of what refusals leave: the eligible candidates that none of the rejected launches is about.
 *
 * @returns indexes among the candidates
 */
export function candidatesLeft(
  candidates: readonly Candidate[],
  launches: SpawnRecord["launches"],
): readonly number[] {
  const rejected = launches.filter(({ outcome }) => outcome === "rejected");
  return candidates.flatMap((candidate, index) => {
    const partial = rejected.filter(
      (one) => one.candidate === index && one.blastRadius === "launch",
    );
    const isOver =
      partial.length > MOST_PARTIAL_REFUSALS ||
      rejected.some((launch) => isAbout(launch, candidates, index));
    return candidate.verdict === "eligible" && !isOver ? [index] : [];
  });
}

function isAbout(
  { candidate: at, blastRadius }: Launched,
  candidates: readonly Candidate[],
  index: number,
): boolean {
  const [refused, other] = [candidates[at], candidates[index]];
  if (refused === undefined || other === undefined) return false;
  const isSameZone = refused.place === other.place;
  const isSameMarket = refused.market === other.market;
  const isSameType = refused.machineType === other.machineType;
  switch (blastRadius) {
    case "launch":
      return false;
    case "place":
      return isSameZone && refused.subnet === other.subnet;
    case "type-in-zone":
      return isSameZone && isSameMarket && isSameType;
    case "zone":
      return isSameZone;
    case "type-in-market":
      return isSameMarket && isSameType;
    case "market":
      return isSameMarket;
    case "region":
    case "account":
    case "credential":
    case "image":
      return true;
    case "request":
    case null:
      return at === index;
  }
}
