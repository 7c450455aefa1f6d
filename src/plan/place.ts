import type { Candidate, Substrate } from "./plan.ts";

/** A place is a zone of a cloud, or the host of a Docker engine. */
const PHRASES: Readonly<Record<Substrate, string>> = { AWS: "in", GCP: "in", DOCKER: "on engine" };

const MARKETS: Readonly<Record<NonNullable<Candidate["market"]>, string>> = {
  spot: " on the spot market",
  "on-demand": " on demand",
};

/** A place in a message: `in us-east-1a`, `on engine vm`. */
export function placePhrase(substrate: Substrate, place: string): string {
  return `${PHRASES[substrate]} ${place}`;
}

/** A candidate in a message: `in us-east-1a`, `m7i.large in us-east-1a on demand`. */
export function candidatePhrase(
  substrate: Substrate,
  { place, market, machineType }: Pick<Candidate, "place" | "market" | "machineType">,
): string {
  const type = machineType === undefined ? "" : `${machineType} `;
  return `${type}${placePhrase(substrate, place)}${market === undefined ? "" : MARKETS[market]}`;
}
