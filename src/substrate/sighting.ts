import type { Machine, Sighting } from "./contract.ts";

/** The machine that was seen; null for one that is gone or not known. */
export function machineSeen(sighting: Sighting | undefined): Machine | null {
  return sighting === undefined || sighting === "unknown" ? null : sighting;
}
