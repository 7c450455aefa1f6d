/** The options of Compute Engine machines in placements. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import {
  CONFIDENTIAL_TYPES,
  HOST_MAINTENANCE,
  TERMINATION_ACTIONS,
} from "../../plan/compute-engine.ts";
import type { ComputeEngineOptions } from "../../plan/compute-engine.ts";
import { MARKETS } from "../../plan/market.ts";
import { accessFields } from "./compute-engine-access.ts";
import { text } from "./common.ts";

const oneOf = <T extends string>(values: readonly T[]) =>
  z.enum(values, `must be one of ${values.join(", ")}`).exactOptional();

const flag = () => z.boolean("must be true or false").exactOptional();

/** The words `none` and `any` are names as well. */
const RESERVATION =
  /^(?:projects\/[a-z0-9.:-]{1,128}\/reservations\/)?[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** The options that the placement sets. */
export const computeEngineFields = once(() => ({
  market: oneOf(MARKETS),
  terminationAction: oneOf(TERMINATION_ACTIONS),
  onHostMaintenance: oneOf(HOST_MAINTENANCE),
  automaticRestart: flag(),
  shielded: z
    .strictObject({ secureBoot: flag(), vtpm: flag(), integrityMonitoring: flag() })
    .exactOptional(),
  confidential: z
    .strictObject({
      type: z.enum(CONFIDENTIAL_TYPES, `must be one of ${CONFIDENTIAL_TYPES.join(", ")}`),
    })
    .exactOptional(),
  ...accessFields(),
  reservation: text(
    RESERVATION,
    "must be none, any, a reservation's name or projects/P/reservations/NAME",
    256,
  ).exactOptional(),
}));

/** A value that another option contradicts. The message says what to write instead. */
export interface ComputeEngineClash {
  readonly path: readonly string[];
  readonly message: string;
}

/** https://cloud.google.com/compute/docs/instances/spot#limitations */
export function computeEngineClashes({
  market = "ON_DEMAND",
  terminationAction,
  onHostMaintenance,
  automaticRestart,
  shielded,
  confidential,
  reservation = "none",
}: ComputeEngineOptions): readonly ComputeEngineClash[] {
  const clashes: ComputeEngineClash[] = [];
  if (market === "ON_DEMAND" && terminationAction !== undefined)
    clashes.push({
      path: ["terminationAction"],
      message:
        "is for spot machines only: set market to SPOT or SPOT_THEN_ON_DEMAND, or leave it out",
    });
  if (market === "SPOT" && onHostMaintenance === "MIGRATE")
    clashes.push({
      path: ["onHostMaintenance"],
      message: "must be TERMINATE with market SPOT, because spot machines do not migrate",
    });
  if (market === "SPOT" && automaticRestart === true)
    clashes.push({
      path: ["automaticRestart"],
      message: "must be false with market SPOT, because spot machines do not restart",
    });
  if (market === "SPOT" && reservation !== "none")
    clashes.push({
      path: ["reservation"],
      message: "must be none with market SPOT, because spot machines consume no reservation",
    });
  if (shielded?.vtpm === false && shielded.integrityMonitoring !== false)
    clashes.push({
      path: ["shielded"],
      message:
        "must have integrity_monitoring false with vtpm false, because it compares measurements of the vTPM",
    });
  if (confidential !== undefined && confidential.type !== "SEV" && onHostMaintenance === "MIGRATE")
    clashes.push({
      path: ["onHostMaintenance"],
      message: `must be TERMINATE with confidential type ${confidential.type}, because only SEV machines migrate`,
    });
  return clashes;
}
