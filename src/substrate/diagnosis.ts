import type { Check } from "../plan/plan.ts";

/** The clock of a peer, as one of its answers showed it. */
export interface PeerClock {
  /** Its host name or address. */
  readonly peer: string;
  /** How far it is ahead of this machine's clock, in milliseconds. Peers report whole seconds. */
  readonly offsetMilliseconds: number;
}

/** How this process reaches a provider, and as whom. */
export interface ConnectionDiagnosis {
  readonly checks: readonly Check[];
  /** Null if no answer had a time. */
  readonly clock: PeerClock | null;
}

/**
 * @param time the peer's time in any form that JavaScript parses, such as a `Date` header
 * @param now milliseconds since the epoch
 */
export function peerClock(
  peer: string,
  time: string | null | undefined,
  now: number,
): PeerClock | null {
  const at = Date.parse(time ?? "");
  return Number.isNaN(at) ? null : { peer, offsetMilliseconds: at - now };
}
