import type { Check } from "../../plan/plan.ts";
import { failed, passed, skipped, warning } from "../../substrate/check.ts";
import type { PeerClock } from "../../substrate/diagnosis.ts";

const NAME = "clock";
const SECOND = 1_000;
const MINUTE = 60_000;

/** Clouds accept a signature whose time is off by up to five minutes: https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html */
const MOST_ACCEPTED = 4 * MINUTE;
/** Beyond the time of a request and the whole seconds that peers report. */
const LEAST_NOTICED = 30 * SECOND;

/** Compares this machine's clock with those of the peers that answered. */
export function clockCheck(clocks: readonly PeerClock[]): Check {
  const [worst] = clocks.toSorted(
    (one, other) => Math.abs(other.offsetMilliseconds) - Math.abs(one.offsetMilliseconds),
  );
  if (worst === undefined) return skipped(NAME, "no peer that reports the time was reached");
  const off = Math.abs(worst.offsetMilliseconds);
  if (off < LEAST_NOTICED) {
    const peers = clocks.map(({ peer }) => peer).join(", ");
    return passed(NAME, `this machine's clock agrees with that of ${peers}`);
  }
  const way = worst.offsetMilliseconds > 0 ? "behind" : "ahead of";
  const finding = {
    code: "FAILED_PRECONDITION",
    reason: "CLOCK_SKEWED",
    message: `this machine's clock is ${amountOf(off)} ${way} that of ${worst.peer}`,
    remedy: "Correct the clock that is wrong, and let a time service (NTP) keep it so.",
  } as const;
  return off < MOST_ACCEPTED
    ? warning(NAME, finding)
    : failed(NAME, {
        ...finding,
        message: `${finding.message}; clouds refuse requests that are signed with a wrong time`,
      });
}

function amountOf(milliseconds: number): string {
  const isShort = milliseconds < 2 * MINUTE;
  const unit = isShort ? SECOND : MINUTE;
  return `${Math.round(milliseconds / unit)} ${isShort ? "seconds" : "minutes"}`;
}
