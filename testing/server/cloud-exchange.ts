import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../src/host/clock.ts";
import { type CloudFault } from "./cloud-fault-grammar.ts";
import {
  type ActiveFault,
  type CloudFaults,
  type FaultSubject,
  takeFault,
} from "./cloud-faults.ts";

/** What goes out. */
export interface CloudAnswer {
  readonly status: number;
  readonly body: string;
}

/** One request of a stand-in, as the faults meet it. */
export interface Exchange<Answer extends CloudAnswer> {
  readonly faults: CloudFaults;
  readonly subject: FaultSubject;
  readonly clock: Clock;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
  /** How the cloud words a fault that is a refusal; null for any other one. */
  readonly refusal: (fault: CloudFault) => Answer | null;
  /** Lets the request take effect. */
  readonly perform: () => Answer | Promise<Answer>;
}

/** The answer to a request, as the faults let it out; null where nobody hears it. */
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
    // What has taken effect is in the log before the client can ask for it.
    await setImmediate();
    return null;
  }
  await delay(after, clock, signal);
  if (signal.aborted) return null;
  const answer = (after === null ? null : refusal(after.rule)) ?? performed;
  return after?.rule.kind === "malformed-reply" ? { ...answer, body: cut(answer.body) } : answer;
}

/** Waits as a `slow-reply` fault says, but not for a client that has gone. */
async function delay(fault: ActiveFault | null, clock: Clock, signal: AbortSignal): Promise<void> {
  if (fault?.rule.kind !== "slow-reply") return;
  const { delayMs } = fault.rule;
  const over = new AbortController();
  const gone = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true, signal: over.signal });
  });
  // The sleep ends with the wait, on purpose: a timer of hours would keep the process.
  const time =
    delayMs === undefined ? [] : [clock.sleep(delayMs, over.signal).catch(() => undefined)];
  await Promise.race([...time, fault.released, gone]);
  over.abort();
}

/** The first half: a document that does not end. */
function cut(body: string): string {
  return body.slice(0, Math.floor(body.length / 2));
}
