import type { BlastRadius, SlipwayError } from "../errors.ts";
import type { Candidate } from "./plan.ts";

/** A provider's answer to a launch at one candidate, or to the dry run of one. */
export type Refusal = Pick<SlipwayError, "blastRadius" | "retry">;

type Scope = (refused: Candidate, other: Candidate) => boolean;

const everywhere: Scope = () => true;
const sameMarket: Scope = (refused, other) => refused.market === other.market;
const sameType: Scope = (refused, other) => refused.machineType === other.machineType;
const sameZone: Scope = (refused, other) => refused.place === other.place;

/**
 * Whether a refusal at one candidate is about another candidate as well. All candidates of a plan have the same image,
 * credentials, account and region; they differ in zone, subnet, market and machine type.
 */
const SCOPES: Readonly<Record<BlastRadius, Scope>> = {
  launch: () => false,
  request: () => false,
  place: (refused, other) => sameZone(refused, other) && refused.subnet === other.subnet,
  // Spot and on-demand machines come from separate pools: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances.html
  "type-in-zone": (refused, other) =>
    sameZone(refused, other) && sameMarket(refused, other) && sameType(refused, other),
  zone: sameZone,
  "type-in-market": (refused, other) => sameMarket(refused, other) && sameType(refused, other),
  market: sameMarket,
  region: everywhere,
  account: everywhere,
  credential: everywhere,
  image: everywhere,
};

/**
 * Whether a refusal at one candidate rules out another. The spawner and the dry runs share this rule, so that a plan
 * keeps exactly the candidates that a spawn would try.
 */
export function rulesOut(refusal: Refusal, refused: Candidate, other: Candidate): boolean {
  switch (refusal.retry) {
    case "same-token":
      // It may pass: nothing is decided yet.
      return false;
    case "next-candidate":
      // Fewer machines than the refused ones may still fit there.
      if (refusal.blastRadius === "launch") return false;
      return refused === other || SCOPES[refusal.blastRadius](refused, other);
    case "never":
      return true;
  }
}
