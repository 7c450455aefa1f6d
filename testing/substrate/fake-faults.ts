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

/** How a call fails. */
export type FakeFaultKind =
  /** The request never arrived. `launch` returns `unknown`, other verbs throw. */
  | { readonly kind: "lost-before" }
  /** The request arrived and took effect, but the reply was lost. */
  | { readonly kind: "lost-after" }
  /** The provider rejects: `launch` returns `rejected`, `terminate` returns `failed`, other verbs throw. */
  | { readonly kind: "reject"; readonly error: SlipwayErrorOptions }
  /** Any verb throws; the request did not arrive. */
  | { readonly kind: "throw"; readonly error: SlipwayErrorOptions }
  /** Delays the request by this much of the fake's clock. */
  | { readonly kind: "delay"; readonly milliseconds: number };

/** A fault as data. Of the faults that match a call, the first pending one applies. */
export type FakeFault = FakeFaultKind & {
  readonly verb: FakeVerb;
  /** Only launches at this place. Default: all. */
  readonly place?: string;
  /** Matching calls that pass first. Default 0. */
  readonly after?: number;
  /** Calls that fail. Default 1; `Infinity` for all further calls. */
  readonly times?: number;
};

/** The pending faults. */
export interface FaultBoard {
  add(faults: readonly FakeFault[]): void;
  /** The fault that applies to this call, or null. */
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

/** Without a reply the caller does not know whether the request took effect, so it may only repeat the same request. */
export function lostReply(verb: FakeVerb): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "ENGINE_UNAVAILABLE",
    message: `${verb}: the connection was lost before the reply came`,
    retry: "same-token",
  });
}
