import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../src/host/clock.ts";
import { type CloudFault } from "./cloud-fault-grammar.ts";
import {
  type ActiveFault,
  type CloudFaults,
  type FaultSubject,
  takeFault,
} from "./cloud-faults.ts";

/** An answer before it is sent. */
export interface CloudAnswer {
  readonly status: number;
  readonly body: string;
}

/** One request to a fake cloud, with the faults that may affect it. */
export interface Exchange<Answer extends CloudAnswer> {
  readonly faults: CloudFaults;
  readonly subject: FaultSubject;
  readonly clock: Clock;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
  /** The cloud's own answer for a fault that is a refusal; null for every other fault. */
  readonly refusal: (fault: CloudFault) => Answer | null;
  /** Executes the request. */
  readonly perform: () => Answer | Promise<Answer>;
}

/** The answer to a request after faults were applied; null if the connection is reset or the client has disconnected. */
export async function exchange<Answer extends CloudAnswer>({
  faults,
  subject,
  clock,
  signal,
  refusal,
  perform,
}: Exchange<Answer>): Promise<Answer | null> {
  const before = takeFault(faults, "before", subject);
  if (before?.rule.kind === "lost-reply") return null;
  await delay(before, clock, signal);
  const refused = before === null ? null : refusal(before.rule);
  const performed = refused ?? (await perform());
  const after = performed.status < 300 ? takeFault(faults, "after", subject) : null;
  if (after?.rule.kind === "lost-reply") {
    // The request's effect is in the log before the client can query it.
    await setImmediate();
    return null;
  }
  await delay(after, clock, signal);
  if (signal.aborted) return null;
  const answer = (after === null ? null : refusal(after.rule)) ?? performed;
  return after?.rule.kind === "malformed-reply"
    ? { ...answer, body: truncate(answer.body) }
    : answer;
}

/** Waits as a `slow-reply` fault demands, but no longer than the client stays connected. */
async function delay(fault: ActiveFault | null, clock: Clock, signal: AbortSignal): Promise<void> {
  if (fault?.rule.kind !== "slow-reply") return;
  const { delayMs } = fault.rule;
  const over = new AbortController();
  const gone = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
  });
  // Cancel the sleep when the wait is over: a pending timer of hours would keep the process alive. A cancelled sleep
  // rejects, and that is its only failure.
  const time =
    delayMs === undefined ? [] : [clock.sleep(delayMs, over.signal).catch(() => undefined)];
  await Promise.race([...time, fault.released, gone]);
  over.abort();
}

/** The first half of the body, so that the document is incomplete. */
function truncate(body: string): string {
  return body.slice(0, Math.floor(body.length / 2));
}
