import type { ErrorReason } from "../../../src/errors.ts";

/** Why a machine cannot be launched at a candidate. */
export interface PlaceRefusal {
  /** The name of its check. Absent: the only one with this reason. */
  readonly check?: string;
  readonly reason: ErrorReason;
  readonly why: string;
}
