import { SlipwayError } from "../../src/errors.ts";
import type { SlipwayErrorOptions } from "../../src/errors.ts";

/** The contract's seven verbs. */
export type FakeVerb =
  | "inspectImage"
  | "preflight"
  | "launch"
  | "describe"
  | "terminate"
  | "list"
  | "logs";

/** What goes wrong with a call. */
export type FakeFaultKind =
  /** The request never arrived. `launch` answers `unknown`, other verbs throw. */
  | { readonly kind: "lost-before" }
  /** It arrived and had its effect, but the reply did not come back. */
  | { readonly kind: "lost-after" }
  /** The provider says no: `launch` answers `rejected`, `terminate` answers `failed`, other verbs throw. */
  | { readonly kind: "reject"; readonly error: SlipwayErrorOptions }
  /** The verb throws, whichever it is: nothing arrived. */
  | { readonly kind: "throw"; readonly error: SlipwayErrorOptions }
  /** Takes so long on the fake's clock before it arrives. */
  | { readonly kind: "delay"; readonly milliseconds: number };

/** A fault as data. Those that a call matches are met in their order, one a call. */
export type FakeFault = FakeFaultKind & {
  readonly verb: FakeVerb;
  /** Only launches at this place. Default: all. */
  readonly place?: string;
  /** Matching calls that it lets pass first. Default 0. */
  readonly after?: number;
  /** Calls that meet it. Default 1; `Infinity` for all from there on. */
  readonly times?: number;
};

/** The faults that are still to come. */
export interface FaultBoard {
  add(faults: readonly FakeFault[]): void;
  /** The fault that this call meets, or null. */
  take(verb: FakeVerb, place: string | null): FakeFault | null;
}

export function createFaultBoard(faults: readonly FakeFault[]): FaultBoard {
  let pending = faults.map(toPending);
  return {
    add(more) {
      pending.push(...more.map(toPending));
    },
    take(verb, place) {
      const met = pending.find(
        ({ fault }) => fault.verb === verb && (fault.place === undefined || fault.place === place),
      );
      if (met === undefined) return null;
      if (met.passes > 0) {
        met.passes -= 1;
        return null;
      }
      met.times -= 1;
      pending = pending.filter((one) => one.times > 0);
      return met.fault;
    },
  };
}

function toPending(fault: FakeFault) {
  return { fault, passes: fault.after ?? 0, times: fault.times ?? 1 };
}

/** What a caller knows when no reply came: nothing, so only the same request may be made again. */
export function lostReply(verb: FakeVerb): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: `${verb}: the connection was lost before the reply came`,
    retry: "same-token",
  });
}
