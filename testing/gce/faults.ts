import {
  type CloudFault,
  type FaultDialect,
  parseCloudFaults,
} from "../server/cloud-fault-grammar.ts";
import { type CloudFaults, type FaultSubject, takeFault } from "../server/cloud-faults.ts";
import { BILLING_DISABLED, GceFailure, statusOf } from "./failure.ts";
import { regionOf } from "./places.ts";
import { rateLimitExceeded } from "./rate-limits.ts";
import type { OperationError } from "./records.ts";
import { poolExhausted, quotaExceeded } from "./usage.ts";

/** Compute Engine has projects instead of accounts, and no dry runs. A lack of capacity appears in the operation. */
export const GCE_FAULTS: FaultDialect = {
  cloud: "Compute Engine",
  unknown: new Set(["account", "dryRun", "subnet"]),
  shortage: "operation",
};

/** @throws SlipwayError `INVALID_INPUT`, naming the invalid member */
export function parseGceFaults(document: unknown): readonly CloudFault[] {
  return parseCloudFaults(document, GCE_FAULTS);
}

const LAUNCHES: ReadonlySet<string> = new Set([
  "instances.insert",
  "instances.bulkInsert",
  "instances.start",
  "instances.resume",
]);

/** The properties of a request that rules match. */
export function subjectOf(
  request: {
    readonly call: string;
    readonly project: string;
    readonly region: string | null;
    readonly zone: string | null;
  },
  body: string,
): FaultSubject {
  const { call, project, zone } = request;
  const { machineType, isSpot } = launchWords(call, body);
  return {
    action: call,
    project,
    zone,
    region: request.region ?? (zone === null ? null : regionOf(zone)),
    isLaunch: LAUNCHES.has(call),
    instanceType: machineType,
    market: isSpot === null ? null : isSpot ? "spot" : "on-demand",
    subnet: null,
    account: null,
    dryRun: null,
  };
}

/** The machine properties in the body of a launch; all null if the body cannot be parsed. */
function launchWords(
  call: string,
  body: string,
): { readonly machineType: string | null; readonly isSpot: boolean | null } {
  if (call !== "instances.insert" && call !== "instances.bulkInsert")
    return { machineType: null, isSpot: null };
  const document = parseJson(body);
  const machine = call === "instances.insert" ? document : member(document, "instanceProperties");
  const type = member(machine, "machineType");
  return {
    machineType: typeof type === "string" ? (type.split("/").at(-1) ?? null) : null,
    isSpot: member(member(machine, "scheduling"), "provisioningModel") === "SPOT",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The call itself rejects the body with a suitable message.
    return null;
  }
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** The `httpErrorStatusCode` that Compute Engine gives with these codes; 400 with any other. */
const OPERATION_STATUS: Readonly<Record<string, number>> = {
  ZONE_RESOURCE_POOL_EXHAUSTED: 503,
  ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS: 503,
  RESOURCE_POOL_EXHAUSTED: 503,
  INSUFFICIENT_CAPACITY: 503,
  INTERNAL_ERROR: 500,
  QUOTA_EXCEEDED: 403,
  PERMISSIONS_ERROR: 403,
  IAM_PERMISSION_DENIED: 403,
  RATE_LIMIT_EXCEEDED: 429,
  RESOURCE_OPERATION_RATE_EXCEEDED: 429,
  RESOURCE_NOT_FOUND: 404,
  EXTERNAL_RESOURCE_NOT_FOUND: 404,
  RESOURCE_ALREADY_EXISTS: 409,
  CONDITION_NOT_MET: 412,
};

function operationStatusOf(code: string): number {
  return OPERATION_STATUS[code] ?? 400;
}

/** The error that a fault injects into the request's operation, or null. */
export function takeOperationFault(
  faults: CloudFaults,
  subject: FaultSubject,
): OperationError | null {
  const fault = takeFault(faults, "operation", subject)?.rule;
  const { project, zone } = subject;
  switch (fault?.kind) {
    case "capacity":
      return poolExhausted(String(project), String(zone));
    case "quota":
      return quotaExceeded(
        String(subject.region),
        subject.market === "spot" ? "PREEMPTIBLE_CPUS" : "CPUS",
        0,
      );
    case "operation-error":
      return {
        code: fault.code,
        message: fault.message ?? `The operation failed with the injected error ${fault.code}.`,
        location: null,
        httpStatus: fault.status ?? operationStatusOf(fault.code),
        quota: null,
      };
    case "throttle":
    case "expired-credentials":
    case "error":
    case "lost-reply":
    case "slow-reply":
    case "malformed-reply":
    case undefined:
      return null;
  }
}

/** The rejection that a fault causes, in the words of Compute Engine; null if the fault is not a rejection. */
export function failureOf(fault: CloudFault): GceFailure | null {
  switch (fault.kind) {
    case "throttle":
      return rateLimitExceeded("Queries");
    case "expired-credentials":
      return badToken();
    case "error": {
      const { code, status, message } = fault;
      const said = message ?? WORDS.get(code) ?? `injected error ${code}`;
      return new GceFailure(code, said, status ?? statusOf(code));
    }
    case "capacity":
    case "quota":
    case "operation-error":
    case "lost-reply":
    case "slow-reply":
    case "malformed-reply":
      return null;
  }
}

/** Google's own messages. */
const WORDS: ReadonlyMap<string, string> = new Map([
  [
    BILLING_DISABLED,
    "This API method requires billing to be enabled. Please enable billing on project #1234567890 by visiting https://console.developers.google.com/billing/enable?project=1234567890 then retry. If you enabled billing for this project recently, wait a few minutes for the action to propagate to our systems and retry.",
  ],
]);

export function badToken(): GceFailure {
  return new GceFailure(
    "authError",
    "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
  );
}
