import type { Substrate } from "./plan.ts";

/** A place is a zone of a cloud, or the host of a Docker engine. */
const PHRASES: Readonly<Record<Substrate, string>> = { AWS: "in", GCP: "in", DOCKER: "on engine" };

/** A place in a message: `in us-east-1a`, `on engine vm`. */
export function placePhrase(substrate: Substrate, place: string): string {
  return `${PHRASES[substrate]} ${place}`;
}
