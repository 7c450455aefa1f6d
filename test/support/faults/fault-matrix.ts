import type { CloudFault } from "../../../testing/server/cloud-fault-grammar.ts";
import type { StruckRequests } from "../watched-engine.ts";
import type { Phase } from "./fault-cell.ts";

/** A fault of the launch call in the first zone, and what becomes of the spawn that it strikes. */
export interface FaultRow<Rule> {
  readonly fault: string;
  /** As it strikes before the launch takes effect; null where it only spoils answers. */
  readonly before: readonly Rule[] | null;
  /** As it strikes after that. */
  readonly after: readonly Rule[] | null;
  /** Whether it outlasts every patience. */
  readonly endless?: true;
  /** Null where it cannot strike then. */
  readonly verdicts: Readonly<Record<Phase, string | null>>;
}

type Verdicts = FaultRow<unknown>["verdicts"];

const FIRST = "running in the first zone";
const SECOND = "`INSUFFICIENT_CAPACITY` in the first zone, then running in the second zone";
const UNSETTLED = "unsettled";

const always = (verdict: string): Verdicts => ({
  before: verdict,
  after: verdict,
  unlaunched: verdict,
  launched: verdict,
});
/** Of a fault that only spoils good answers. */
const answers = (verdict: string): Verdicts => ({ ...always(verdict), before: null });
/** Of a refusal: a machine that is there already stays. */
const refusal = (verdict: string): Verdicts => ({
  before: verdict,
  after: null,
  unlaunched: verdict,
  launched: FIRST,
});
/** Of a refusal that says nothing of the launch: whether an earlier driver's took effect is not known. */
const doubtful = (verdict: string, launched: string): Verdicts => ({
  before: verdict,
  after: null,
  unlaunched: UNSETTLED,
  launched,
});

/** What means the same on both clouds, but for the code of an error on their side. */
function commonRows(code: string): readonly FaultRow<CloudFault>[] {
  const error = { kind: "error", code } as const;
  const lost = { kind: "lost-reply" } as const;
  const slow = { kind: "slow-reply", delayMs: 50, times: 1 } as const;
  return [
    {
      fault: "throttled twice",
      before: [{ kind: "throttle", times: 2 }],
      after: null,
      verdicts: refusal(FIRST),
    },
    {
      fault: "throttled for good",
      before: [{ kind: "throttle" }],
      after: null,
      endless: true,
      verdicts: doubtful("failed: `CLOUD_RATE_LIMITED`", UNSETTLED),
    },
    {
      fault: "no capacity",
      before: [{ kind: "capacity" }],
      after: null,
      verdicts: refusal(SECOND),
    },
    {
      fault: "quota used up",
      before: [{ kind: "quota" }],
      after: null,
      verdicts: refusal("failed: `QUOTA_EXCEEDED`"),
    },
    {
      fault: "expired credentials",
      before: [{ kind: "expired-credentials" }],
      after: null,
      verdicts: doubtful("failed: `CLOUD_UNAUTHENTICATED`", FIRST),
    },
    {
      fault: "5xx twice",
      before: [{ ...error, times: 2 }],
      after: [{ ...error, times: 2, when: "after" }],
      verdicts: always(FIRST),
    },
    {
      fault: "5xx for good",
      before: [error],
      after: [{ ...error, when: "after" }],
      endless: true,
      verdicts: always(UNSETTLED),
    },
    {
      fault: "reply lost twice",
      before: [{ ...lost, times: 2, when: "before" }],
      after: [{ ...lost, times: 2 }],
      verdicts: always(FIRST),
    },
    {
      fault: "reply lost for good",
      before: [{ ...lost, when: "before" }],
      after: [lost],
      endless: true,
      verdicts: always(UNSETTLED),
    },
    {
      fault: "slow reply",
      before: [{ ...slow, when: "before" }],
      after: [slow],
      verdicts: always(FIRST),
    },
    {
      fault: "malformed reply, twice",
      before: null,
      after: [{ kind: "malformed-reply", times: 2 }],
      verdicts: answers(FIRST),
    },
    {
      fault: "malformed reply, for good",
      before: null,
      after: [{ kind: "malformed-reply" }],
      endless: true,
      verdicts: answers(UNSETTLED),
    },
  ];
}

/** A reply is lost, and the replay finds that the place has no more room, or the account no more quota. */
function lostThen(
  kind: "capacity" | "quota",
  skips: { readonly before: number; readonly after: number },
): Pick<FaultRow<CloudFault>, "before" | "after"> {
  return {
    before: [
      { kind: "lost-reply", times: 1, when: "before" },
      { kind, skip: skips.before },
    ],
    after: [
      { kind: "lost-reply", times: 1 },
      { kind, skip: skips.after },
    ],
  };
}

/** The machine is there, or it never was. */
const found = (absent: string): Verdicts => ({
  before: absent,
  after: FIRST,
  unlaunched: absent,
  launched: FIRST,
});

function lostThenRows(skips: Parameters<typeof lostThen>[1]): readonly FaultRow<CloudFault>[] {
  return [
    {
      fault: "reply lost, then no capacity",
      ...lostThen("capacity", skips),
      verdicts: found(SECOND),
    },
    {
      fault: "reply lost, then quota used up",
      ...lostThen("quota", skips),
      verdicts: found("failed: `QUOTA_EXCEEDED`"),
    },
  ];
}

export const EC2_FAULTS: readonly FaultRow<CloudFault>[] = [
  ...commonRows("InternalError"),
  ...lostThenRows({ before: 0, after: 1 }),
];

export const GCE_FAULTS: readonly FaultRow<CloudFault>[] = [
  ...commonRows("backendError"),
  ...lostThenRows({ before: 0, after: 1 }),
  {
    fault: "operation fails for good",
    before: [{ kind: "operation-error", code: "PERMISSIONS_ERROR", status: 403 }],
    after: null,
    verdicts: refusal("failed: `CLOUD_PERMISSION_DENIED`"),
  },
  {
    fault: "operation fails twice for the rate",
    before: [
      { kind: "operation-error", code: "RESOURCE_OPERATION_RATE_EXCEEDED", status: 429, times: 2 },
    ],
    after: null,
    verdicts: refusal(FIRST),
  },
];

const CREATE = /^POST [^?]*\/containers\/create/;
const START = /^POST [^?]*\/containers\/\w+\/start/;
const DELAY = { kind: "delay", milliseconds: 50, times: 1, request: CREATE } as const;

export const DOCKER_FAULTS: readonly FaultRow<StruckRequests>[] = [
  {
    fault: "engine busy, twice",
    before: [{ kind: "busy", request: CREATE, times: 2 }],
    after: null,
    verdicts: { ...always("running"), after: null },
  },
  {
    fault: "engine busy for good",
    before: [{ kind: "busy", request: CREATE }],
    after: null,
    endless: true,
    verdicts: doubtful("failed: `ENGINE_UNAVAILABLE`", UNSETTLED),
  },
  {
    fault: "connection cut while creating, twice",
    before: [{ kind: "drop", request: CREATE, times: 2 }],
    after: [{ kind: "lose", request: CREATE, times: 2 }],
    verdicts: always("running"),
  },
  {
    fault: "connection cut while starting, twice",
    before: [{ kind: "drop", request: START, times: 2 }],
    after: [{ kind: "lose", request: START, times: 2 }],
    verdicts: always("running"),
  },
  {
    fault: "connection cut while creating, for good",
    before: [{ kind: "drop", request: CREATE }],
    after: null,
    endless: true,
    verdicts: { ...always(UNSETTLED), after: null },
  },
  {
    fault: "answer cut in its middle, twice",
    before: null,
    after: [{ kind: "cut", request: CREATE, times: 2 }],
    verdicts: answers("running"),
  },
  {
    fault: "slow answer",
    before: [{ ...DELAY, when: "before" }],
    after: [{ ...DELAY, when: "after" }],
    verdicts: always("running"),
  },
];
