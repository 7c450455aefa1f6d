import type { Market } from "./market.ts";

/** The ends of a spot machine that Compute Engine reclaims. */
export const TERMINATION_ACTIONS = ["STOP", "DELETE"] as const;

/**
 * The options of a Compute Engine machine, by the names of the API, in the record's and the plan's form. An absent option
 * is Compute Engine's default. https://cloud.google.com/compute/docs/reference/rest/v1/instances/insert
 */
export interface ComputeEngineOptions {
  /** Default `ON_DEMAND`. */
  readonly market?: Market;
  /** Of spot machines; default `STOP`. */
  readonly terminationAction?: (typeof TERMINATION_ACTIONS)[number];
}

/** The names of the options. Each one that is set has a source of its own in the plan. */
export const COMPUTE_ENGINE_OPTIONS = [
  "market",
  "terminationAction",
] as const satisfies readonly (keyof ComputeEngineOptions)[];
