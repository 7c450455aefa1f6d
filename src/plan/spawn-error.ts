import type { BlastRadius, ErrorCode, ErrorReason, JsonObject, RetryVerdict } from "../errors.ts";
import type { Check } from "./plan.ts";

/** The metadata of the reasons that always have the same. Its keys are spelled as in everything printed. */
export interface ErrorDetails {
  readonly ACCOUNT_MISMATCH: {
    readonly account_id: string;
    readonly placement_account_id: string;
    readonly region: string;
  };
  readonly BOOT_DOCUMENT_TOO_LARGE: {
    readonly bytes: number;
    readonly maximum_bytes: number;
    readonly members: number;
  };
  readonly BOOT_TIMED_OUT: { readonly spawn_id: string; readonly machine_id: string };
  readonly IMAGE_REPLACED: {
    readonly image: string;
    readonly planned_image_id: string | null;
    readonly booted_image_id: string;
  };
  readonly PACKAGE_NOT_INSTALLED: { readonly packages: readonly string[] };
}

/** The parts of every error. */
export interface ErrorFields {
  readonly message: string;
  readonly remedy: string | null;
  /** All checks, if it failed because of its checks. */
  readonly checks?: readonly Check[];
}

/** The parts of an error that this version knows. */
export interface KnownFields extends ErrorFields {
  readonly code: ErrorCode;
  readonly blastRadius: BlastRadius;
  readonly retry: RetryVerdict;
}

/** An error as data, by its reason: the parts of a `SlipwayError`. */
export type SpawnError =
  | {
      [Reason in keyof ErrorDetails]: KnownFields & {
        readonly reason: Reason;
        readonly metadata: ErrorDetails[Reason];
      };
    }[keyof ErrorDetails]
  | (KnownFields & {
      readonly reason: Exclude<ErrorReason, keyof ErrorDetails>;
      readonly metadata: JsonObject;
    })
  | (ErrorFields & {
      readonly code: string;
      readonly reason: "UNKNOWN_REASON";
      /** The reason that another version has recorded. This one does not know it, or its details. */
      readonly recordedReason: string;
      readonly blastRadius: string;
      readonly retry: string;
      readonly metadata: JsonObject;
    });
