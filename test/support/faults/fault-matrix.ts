import type { CloudFault } from "../../../testing/server/cloud-fault-grammar.ts";
import type { EngineFaultRule } from "../watched-engine.ts";
import type { Phase } from "./fault-cell.ts";

/** A fault of the launch call in the first zone, and the outcome of the affected spawn. */
export interface FaultRow<Rule> {
  readonly fault: string;
  /** The rules before the launch takes effect; null if the fault only affects answers. */
  readonly before: readonly Rule[] | null;
  /** The rules after the launch has taken effect. */
  readonly after: readonly Rule[] | null;
  /** Whether it lasts longer than every timeout. */
  readonly endless?: true;
  /** Null if the fault cannot occur in that phase. */
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
/** For a fault that affects successful answers only. */
const answers = (verdict: string): Verdicts => ({ ...always(verdict), before: null });
/** For a rejection: an existing machine remains. */
const refusal = (verdict: string): Verdicts => ({
  before: verdict,
  after: null,
  unlaunched: verdict,
  launched: FIRST,
});
/** For a rejection that does not concern the launch: whether an earlier driver's launch took effect is unknown. */
const ambiguousRefusal = (verdict: string, launched: string): Verdicts => ({
  before: verdict,
  after: null,
  unlaunched: UNSETTLED,
  launched,
});

/** The rows common to both clouds, except for the code of a server error. */
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
      verdicts: ambiguousRefusal("failed: `CLOUD_RATE_LIMITED`", UNSETTLED),
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
      verdicts: ambiguousRefusal("failed: `CLOUD_UNAUTHENTICATED`", FIRST),
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

/** A reply is lost, and the replay finds that the place has no capacity left, or the account no quota. */
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

/** The machine exists, or it never did. */
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

export const DOCKER_FAULTS: readonly FaultRow<EngineFaultRule>[] = [
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
    verdicts: ambiguousRefusal("failed: `ENGINE_UNAVAILABLE`", UNSETTLED),
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
