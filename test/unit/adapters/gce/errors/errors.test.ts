import { describe, expect, it } from "vitest";
import { GCE_RULES, GCE_STATUS_RULES } from "../../../../../adapters/gce/errors/error-rules.ts";
import {
  gceError,
  hasStatus,
  mayHaveHappened,
  operationError,
} from "../../../../../adapters/gce/errors/errors.ts";
import {
  GceCallFailure,
  GceCredentialFailure,
  GceThrottleReply,
  readFailure,
} from "../../../../../adapters/gce/errors/failure.ts";
import { SlipwayError } from "../../../../../src/errors.ts";

const PAYLOAD = Symbol.for("google-gax.rawHttpResponsePayload");
const doing = "reading image debian-12";

/** As the client throws a refusal: it keeps the body beside the error, and its own code is of another kind. */
function refused(status: number, body: unknown, cause?: Error): Error {
  const error = Object.assign(new Error("client's words", { cause }), {
    code: 5,
    httpStatusCode: status,
  });
  const payload = typeof body === "string" ? body : JSON.stringify(body);
  Object.defineProperty(error, PAYLOAD, { value: payload });
  return error;
}

function body(status: number, reason: string, detail?: string) {
  return {
    error: {
      code: status,
      message: `words of ${reason}`,
      errors: [{ reason, domain: "global" }],
      ...(detail === undefined ? {} : { details: [{ "@type": "ErrorInfo", reason: detail }] }),
    },
  };
}

/** As the client throws what never brought a reply. */
function unanswered(cause: Error): Error {
  return Object.assign(new Error(cause.message, { cause }), { code: 14 });
}

function verdictOf(caught: unknown) {
  const { code, reason, retry, blastRadius } = gceError(readFailure(caught), { doing });
  return [code, reason, retry, blastRadius];
}

const NOT_HERE = ["FAILED_PRECONDITION", "NOT_OFFERED_HERE", "next-candidate", "type-in-zone"];
const CAPACITY = ["RESOURCE_EXHAUSTED", "INSUFFICIENT_CAPACITY", "next-candidate", "type-in-zone"];
const QUOTA = ["RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "next-candidate", "type-in-market"];
const RATE = ["RESOURCE_EXHAUSTED", "CLOUD_RATE_LIMITED", "same-token", "account"];
const REFUSED = [
  "FAILED_PRECONDITION",
  "CLOUD_REQUEST_REFUSED",
  "next-candidate",
  "type-in-market",
];
const FORBIDDEN = ["PERMISSION_DENIED", "CLOUD_PERMISSION_DENIED", "never", "credential"];
const FULL = ["RESOURCE_EXHAUSTED", "SUBNET_FULL", "never", "region"];
const UNAVAILABLE = ["UNAVAILABLE", "CLOUD_UNAVAILABLE", "same-token", "region"];

describe("a refusal of Compute Engine", () => {
  it.each([
    [404, "notFound", ["NOT_FOUND", "CLOUD_REQUEST_REFUSED", "never", "request"]],
    [403, "forbidden", FORBIDDEN],
    [403, "rateLimitExceeded", RATE],
    [403, "quotaExceeded", QUOTA],
    [
      403,
      "accessNotConfigured",
      ["PERMISSION_DENIED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ],
    [401, "authError", ["UNAUTHENTICATED", "CLOUD_UNAUTHENTICATED", "never", "credential"]],
    [400, "resourceNotReady", ["UNAVAILABLE", "CLOUD_UNAVAILABLE", "same-token", "request"]],
    [409, "alreadyExists", ["ALREADY_EXISTS", "NAME_CLASH", "never", "request"]],
    [412, "conditionNotMet", REFUSED],
    [503, "backendError", UNAVAILABLE],
    // "Login Required", and a field that is missing.
    [401, "required", ["UNAUTHENTICATED", "CLOUD_UNAUTHENTICATED", "never", "credential"]],
    [400, "required", REFUSED],
    [403, "dailyLimitExceeded", RATE.with(2, "never")],
    [400, "internalError", UNAVAILABLE],
    [403, "internalError", FORBIDDEN],
    [404, "internalError", ["NOT_FOUND", "CLOUD_REQUEST_REFUSED", "never", "request"]],
    [503, "insufficientCapacity", CAPACITY],
    [400, "MACHINE_TYPE_UNSUPPORTED", NOT_HERE],
    [400, "resourceInUseByAnotherResource", REFUSED.with(2, "never").with(3, "request")],
    [403, "limitExceeded", ["RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "never", "request"]],
    [407, "neverHeardOf", ["UNAVAILABLE", "CLOUD_UNAVAILABLE", "never", "account"]],
    [408, "neverHeardOf", UNAVAILABLE],
    [409, "neverHeardOf", ["ABORTED", "CLOUD_REQUEST_REFUSED", "never", "request"]],
    [499, "neverHeardOf", UNAVAILABLE],
    [400, "neverHeardOf", REFUSED],
    [429, "neverHeardOf", RATE],
    [403, "neverHeardOf", FORBIDDEN],
    [502, "neverHeardOf", UNAVAILABLE],
  ])("%d %s is judged by its reason, else by its status", (status, reason, expected) => {
    expect(verdictOf(refused(status, body(status, reason)))).toEqual(expected);
  });

  it("is judged by the details first, which say more", () => {
    const caught = refused(403, body(403, "forbidden", "RATE_LIMIT_EXCEEDED"));
    expect(verdictOf(caught)).toEqual(RATE);
  });

  it.each([
    ["LOCATION_POLICY_VIOLATED", "PLACE_UNAVAILABLE", "next-candidate", "zone"],
    ["SERVICE_DISABLED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["UREQ_PROJECT_BILLING_NOT_FOUND", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["BILLING_DISABLED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["CONSUMER_SUSPENDED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["CONSUMER_INVALID", "PROJECT_NOT_FOUND", "never", "account"],
    ["USER_PROJECT_DENIED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["SECURITY_POLICY_VIOLATED", "CLOUD_PERMISSION_DENIED", "never", "account"],
    ["IAM_PERMISSION_DENIED", "CLOUD_PERMISSION_DENIED", "never", "credential"],
  ])("403 forbidden with %s is about what the detail says", (detail, reason, retry, radius) => {
    const [, actual, ...rest] = verdictOf(refused(403, body(403, "forbidden", detail)));
    expect([actual, ...rest]).toEqual([reason, retry, radius]);
  });

  it.each([
    ["SERVICE_DISABLED", "GOOGLE_CLOUD_QUOTA_PROJECT"],
    ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "auth/cloud-platform"],
    ["forbidden", "follow the message"],
    ["UNSUPPORTED_OPERATION", "disk type"],
    ["quotaExceeded", "the quota that the message names"],
    ["RESOURCE_OPERATION_RATE_EXCEEDED", "the resource that the message names"],
  ])("403 with %s has a remedy for each of its meanings", (reason, words) => {
    const error = gceError(readFailure(refused(403, body(403, reason))), { doing });
    expect(error.remedy).toContain(words);
  });

  it.each(["metadata", "metadatas"])("names the page on which an API is enabled (%s)", (member) => {
    const page =
      "https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=1";
    const reply = body(403, "accessNotConfigured", "SERVICE_DISABLED");
    const [detail] = reply.error.details ?? [];
    const links = [{ url: "https://cloud.google.com/apis" }, { url: "javascript:alert(1)" }];
    const details = [{ ...detail, [member]: { activationUrl: page } }, { links }];
    const error = gceError(readFailure(refused(403, { error: { ...reply.error, details } })), {
      doing,
    });
    expect(error.remedy).toContain(page);
    expect(error.metadata["help"]).toEqual([page, "https://cloud.google.com/apis"]);
  });

  it("shows the title of a page that is not Compute Engine's", () => {
    const page = "<html><head><title>503 Service Temporarily Unavailable</title></head></html>";
    const error = gceError(readFailure(refused(503, page)), { doing });
    expect(error.message).toBe(`${doing}: HTTP status 503: 503 Service Temporarily Unavailable`);
  });

  it("keeps the code that decided", () => {
    const caught = readFailure(refused(403, body(403, "rateLimitExceeded", "NEVER_HEARD_OF")));
    const error = gceError(caught, { doing });
    expect(error.reason).toBe("CLOUD_RATE_LIMITED");
    expect(error.metadata).toEqual({ status: 403, provider_code: "rateLimitExceeded" });
  });

  it("keeps the first of its codes where none is known, and its words", () => {
    const error = gceError(readFailure(refused(400, body(400, "neverHeardOf", "NOR_THIS"))), {
      doing,
    });
    expect(error.metadata).toEqual({
      status: 400,
      provider_code: "NOR_THIS",
    });
    expect(error.message).toBe("reading image debian-12: words of neverHeardOf");
  });

  it.each(["<html>502</html>", "null", "{}", '{"error":"invalid"}'])(
    "with the body %s is judged by its status alone",
    (text) => {
      expect(verdictOf(refused(502, text))).toEqual(UNAVAILABLE);
    },
  );

  it("reports the wait that the reply demands", () => {
    const reply = new GceThrottleReply(429, "{}", 7);
    const failure = readFailure(refused(429, body(429, "rateLimitExceeded"), reply));
    expect(gceError(failure, { doing }).metadata["retry_after_seconds"]).toBe(7);
  });

  it("means what the caller knows a 404 to mean", () => {
    const notFound = { reason: "PLACE_NOT_FOUND", remedy: "Correct the zone." } as const;
    const error = gceError(readFailure(refused(404, body(404, "notFound"))), { doing, notFound });
    expect(error).toMatchObject({ code: "NOT_FOUND", ...notFound });
    const other = gceError(readFailure(refused(403, body(403, "forbidden"))), { doing, notFound });
    expect(other.reason).toBe("CLOUD_PERMISSION_DENIED");
  });
});

describe("the error of an operation", () => {
  it.each([
    ["ZONE_RESOURCE_POOL_EXHAUSTED", CAPACITY],
    ["ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS", CAPACITY],
    ["RESOURCE_POOL_EXHAUSTED", CAPACITY],
    ["INSUFFICIENT_CAPACITY", CAPACITY],
    ["QUOTA_EXCEEDED", QUOTA],
    ["RESOURCE_OPERATION_RATE_EXCEEDED", RATE],
    ["UNSUPPORTED_OPERATION", NOT_HERE],
    ["MACHINE_TYPE_UNSUPPORTED", NOT_HERE],
    ["IP_SPACE_EXHAUSTED", FULL],
    ["IP_SPACE_EXHAUSTED_WITH_DETAILS", FULL],
    ["RESOURCE_NOT_FOUND", ["NOT_FOUND", "CLOUD_REQUEST_REFUSED", "never", "request"]],
    ["VM_MIN_COUNT_NOT_REACHED", CAPACITY],
    ["CONCURRENT_OPERATIONS_QUOTA_EXCEEDED", RATE],
    ["SERVICE_ACCOUNT_ACCESS_DENIED", FORBIDDEN.with(3, "request")],
    ["EXTERNAL_RESOURCE_NOT_FOUND", ["NOT_FOUND", "SERVICE_ACCOUNT_NOT_FOUND", "never", "request"]],
    ["NETWORK_NOT_FOUND", ["NOT_FOUND", "SUBNET_NOT_FOUND", "never", "region"]],
    ["INVALID_USAGE", REFUSED],
    ["RESOURCE_NOT_READY", ["UNAVAILABLE", "CLOUD_UNAVAILABLE", "same-token", "request"]],
    ["PERMISSIONS_ERROR", FORBIDDEN.with(3, "request")],
    ["IAM_PERMISSION_DENIED", FORBIDDEN.with(3, "request")],
    ["CONDITION_NOT_MET", REFUSED],
    ["NEVER_HEARD_OF", REFUSED],
  ])("%s is judged by its code", (code, expected) => {
    const operation = { error: [{ code, message: "no\nluck" }], httpErrorStatusCode: null };
    const error = operationError(operation, "making a machine");
    expect([error.code, error.reason, error.retry, error.blastRadius]).toEqual(expected);
    expect(error.message).toBe(`making a machine: no luck (${code})`);
    expect(error.metadata["provider_code"]).toBe(code);
  });

  it("is passing where its code is unknown and its status a server's", () => {
    const operation = { error: [{ code: "OOPS", message: "" }], httpErrorStatusCode: 500 };
    expect(operationError(operation, "making a machine").retry).toBe("same-token");
  });

  it("is not a lack of room where the status says that the request is wrong", () => {
    const code = "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS";
    const message =
      "[pd-standard, c4-highcpu-32] features are not compatible for creating instance.";
    const judged = (httpErrorStatusCode: number) =>
      operationError({ error: [{ code, message }], httpErrorStatusCode }, "making a machine");
    expect(judged(503)).toMatchObject({ reason: "INSUFFICIENT_CAPACITY", retry: "next-candidate" });
    expect(judged(400)).toMatchObject({
      reason: "CLOUD_REQUEST_REFUSED",
      blastRadius: "type-in-market",
    });
    expect(judged(400).message).toContain(message);
  });

  it.each([
    [
      "Quota 'GPUS_ALL_REGIONS' exceeded.  Limit: 0.0 globally.",
      "type-in-market",
      "next-candidate",
    ],
    ["Quota 'CPUS' exceeded.  Limit: 24.0 in region us-west1.", "type-in-market", "next-candidate"],
    ["Quota 'INSTANCES' exceeded.  Limit: 8.0 in region us-west1.", "region", "never"],
    ["Quota 'INSTANCES_ALL_REGIONS' exceeded.  Limit: 8.0 globally.", "account", "never"],
    ["Quota 'HDB_TOTAL_GB' exceeded.  Limit: 8.0 in zone us-west1-a.", "zone", "next-candidate"],
    ["Too much of everything.", "type-in-market", "next-candidate"],
  ])("without details counts for the quota that it names: %s", (message, radius, retry) => {
    const error = [{ code: "QUOTA_EXCEEDED", message }];
    const judged = operationError({ error, httpErrorStatusCode: 403 }, "making a machine");
    expect(judged).toMatchObject({ reason: "QUOTA_EXCEEDED", blastRadius: radius, retry });
    const reply = { error: { code: 403, message, errors: [{ reason: "quotaExceeded" }] } };
    const replied = gceError(readFailure(refused(403, reply)), { doing });
    expect(replied).toMatchObject({ reason: "QUOTA_EXCEEDED", blastRadius: radius, retry });
    const isNone = message.includes("Limit: 0.0");
    expect([judged.remedy, replied.remedy].map((text) => /terminate/i.test(text ?? ""))).toEqual([
      !isNone,
      !isNone,
    ]);
  });

  it("is judged by its details where the code is unknown, and keeps Google's longer words", () => {
    const localizedMessage =
      "An e2-small VM is unavailable in us-central1-a. Consider us-central1-f.";
    const error = [
      { code: "STOCK", message: "no", reasons: ["resource_availability"], localizedMessage },
    ];
    const judged = operationError({ error, httpErrorStatusCode: 503 }, "making a machine");
    expect(judged.reason).toBe("INSUFFICIENT_CAPACITY");
    expect(judged.message).toContain(localizedMessage);
  });

  it("is not a lack of room where its details say that the zone does not have the configuration", () => {
    const code = "ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS";
    const error = [{ code, message: "no", reasons: ["configuration_availability"] }];
    const judged = operationError({ error, httpErrorStatusCode: 503 }, "making a machine");
    expect([judged.code, judged.reason, judged.retry, judged.blastRadius]).toEqual(NOT_HERE);
    expect(judged.message).toContain(code);
  });

  it.each([
    ["VM_MIN_COUNT_NOT_REACHED", "QUOTA_EXCEEDED"],
    ["QUOTA_EXCEEDED", "VM_MIN_COUNT_NOT_REACHED"],
  ])("is never the summary of others: %s, %s", (...codes) => {
    const error = codes.map((code) => ({ code, message: "m" }));
    const judged = operationError({ error, httpErrorStatusCode: 403 }, "making machines");
    expect(judged.reason).toBe("QUOTA_EXCEEDED");
    expect(judged.metadata["provider_code"]).toBe("QUOTA_EXCEEDED");
  });

  it("is the first that is known, among several", () => {
    const error = ["OOPS", "QUOTA_EXCEEDED"].map((code) => ({ code, message: "m" }));
    const judged = operationError({ error, httpErrorStatusCode: 403 }, "making a machine");
    expect(judged.reason).toBe("QUOTA_EXCEEDED");
  });
});

describe("a call without an answer", () => {
  const refusal = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const reset = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });

  it("may have taken effect, unless no server answered", () => {
    const fetchFailed = new TypeError("fetch failed", { cause: refusal });
    expect(verdictOf(unanswered(fetchFailed))).toEqual([
      "UNAVAILABLE",
      "CLOUD_UNAVAILABLE",
      "same-token",
      "account",
    ]);
    expect(mayHaveHappened(readFailure(unanswered(fetchFailed)))).toBe(false);
    expect(mayHaveHappened(readFailure(unanswered(reset)))).toBe(true);
    expect(mayHaveHappened(readFailure(unanswered(new SyntaxError("Unexpected end"))))).toBe(true);
  });

  it.each(["CONNECT_TIMEOUT", "EHOSTUNREACH", "ENOTFOUND"])(
    "for which no connection was established (%s) was not sent",
    (code) => {
      const failure = readFailure(unanswered(Object.assign(new Error("no"), { code })));
      expect(mayHaveHappened(failure)).toBe(false);
      expect(gceError(failure, { doing }).metadata).toMatchObject({ sent: false });
    },
  );

  it.each([
    [500, true],
    [503, true],
    [408, true],
    [499, true],
    [429, false],
    [409, false],
    [400, false],
  ])("and one that was answered with %d may have been done: %s", (status, expected) => {
    const failure = readFailure(refused(status, body(status, "backendError")));
    expect(mayHaveHappened(failure)).toBe(expected);
    expect(hasStatus(failure, status)).toBe(true);
    expect(hasStatus(failure, 404)).toBe(false);
  });

  it("has not been done where the code says what was refused, whatever the status", () => {
    const full = readFailure(refused(503, body(503, "backendError", "RESOURCE_AVAILABILITY")));
    expect(mayHaveHappened(full)).toBe(false);
    expect(gceError(full, { doing })).toMatchObject({ retry: "next-candidate" });
    const slow = readFailure(refused(503, body(503, "rateLimitExceeded")));
    expect(mayHaveHappened(slow)).toBe(true);
  });

  it("for want of a token is the credentials' failure, and holds no token", () => {
    const cause = new GceCredentialFailure("refused: ya29.a0AfH6SM-x_y and eyJhbGciOi.x.y");
    const error = gceError(readFailure(unanswered(cause)), { doing });
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", reason: "CLOUD_UNAUTHENTICATED" });
    expect(JSON.stringify([error, error.cause, error.stack])).not.toMatch(/ya29|eyJ/);
    expect(mayHaveHappened(readFailure(unanswered(cause)))).toBe(false);
  });

  it("for a configuration that is wrong says what our own code found", () => {
    const found = new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "CLOUD_CONFIGURATION_INVALID",
      message: "no file",
    });
    const cause = new GceCredentialFailure("no file", { cause: found });
    expect(gceError(readFailure(unanswered(cause)), { doing })).toBe(found);
  });
});

describe("an error that is not a failed call", () => {
  it("is a defect, and not reported as the cloud's", () => {
    const defect = new TypeError("x is undefined");
    expect(readFailure(defect)).toBe(defect);
    expect(gceError(defect, { doing })).toMatchObject({ reason: "INTERNAL" });
    expect(mayHaveHappened(defect)).toBe(false);
  });

  it("is left as it is where it was judged already", () => {
    const judged = new SlipwayError({ code: "CANCELLED", reason: "INTERRUPTED", message: "m" });
    expect(gceError(judged, { doing })).toBe(judged);
    const failure = readFailure(refused(404, body(404, "notFound")));
    expect(failure).toBeInstanceOf(GceCallFailure);
    expect(readFailure(failure)).toBe(failure);
  });
});

describe("the tables", () => {
  it("map each code once", () => {
    const codes = GCE_RULES.flatMap((rule) => rule.codes);
    expect(codes).toEqual([...new Set(codes)]);
  });

  it("leave no status of a failure without a verdict", () => {
    for (let status = 400; status < 600; status += 1)
      expect(GCE_STATUS_RULES.some(({ from, to }) => status >= from && status <= to)).toBe(true);
  });
});
