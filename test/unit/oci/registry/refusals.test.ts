import { describe, expect, it } from "vitest";
import { asking, password, SECURE, testClient } from "../support/client.ts";
import { challengeReply, errorReply, HOST, NAME, playHosts } from "../support/public-registry.ts";

const DOUBTS = /proxy|reachable|cannot be reached|violated/;

function refusal(code: string, message: string) {
  return { errors: [{ code, message }] };
}

async function read(response: () => Response) {
  using hosts = playHosts(() => response());
  using client = testClient(SECURE);
  const failure: unknown = await client
    .getManifest(asking(NAME))
    .catch((caught: unknown) => caught);
  return { failure, asked: hosts.requests.length };
}

describe("a registry that answers well and refuses", () => {
  it.each<[string, number, unknown, string, string, string]>([
    [
      "Harbor's policy",
      412,
      refusal("PROJECTPOLICYVIOLATION", "current image with 7 vulnerabilities cannot be pulled"),
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 412 (PROJECTPOLICYVIOLATION): current image with 7 vulnerabilities cannot be pulled",
    ],
    [
      "ECR's expired token",
      403,
      refusal("DENIED", "Your authorization token has expired. Reauthenticate and try again."),
      "UNAUTHENTICATED",
      "REGISTRY_UNAUTHENTICATED",
      "status 403 (DENIED): Your authorization token has expired. Reauthenticate and try again.",
    ],
    [
      "ECR's expired token, in its earlier words",
      403,
      refusal(
        "DENIED",
        "Your Authorization Token has expired. Please run 'aws ecr get-login --no-include-email' to fetch a new one.",
      ),
      "UNAUTHENTICATED",
      "REGISTRY_UNAUTHENTICATED",
      "status 403 (DENIED): Your Authorization Token has expired. Please run 'aws ecr get-login --no-include-email' to fetch a new one.",
    ],
    [
      "Artifactory's, with a status for a code",
      403,
      { errors: [{ status: 403, message: "The client does not have permission for manifest" }] },
      "PERMISSION_DENIED",
      "REGISTRY_PERMISSION_DENIED",
      "status 403: The client does not have permission for manifest",
    ],
    [
      "Google's",
      403,
      {
        error: {
          code: 403,
          message: "Artifact Registry API has not been used",
          status: "PERMISSION_DENIED",
        },
      },
      "PERMISSION_DENIED",
      "REGISTRY_PERMISSION_DENIED",
      "status 403 (PERMISSION_DENIED): Artifact Registry API has not been used",
    ],
    [
      "an unpaid account",
      402,
      refusal("DENIED", "payment required: the plan has expired"),
      "PERMISSION_DENIED",
      "REGISTRY_PERMISSION_DENIED",
      "status 402 (DENIED): payment required: the plan has expired",
    ],
    [
      "a sanctioned region",
      451,
      refusal("UNAVAILABLE_FOR_LEGAL_REASONS", "not offered in your country"),
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 451 (UNAVAILABLE_FOR_LEGAL_REASONS): not offered in your country",
    ],
    [
      "a sanctioned region with a code that says less",
      451,
      refusal("DENIED", "not offered in your country"),
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 451 (DENIED): not offered in your country",
    ],
    [
      "an error whose members are spelled as in Go",
      412,
      { Errors: [{ Code: "PROJECTPOLICYVIOLATION", Message: "5 vulnerabilities" }] },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 412 (PROJECTPOLICYVIOLATION): 5 vulnerabilities",
    ],
    [
      "words beside an empty list",
      412,
      { errors: null, message: "blocked by the curation policy" },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 412: blocked by the curation policy",
    ],
    [
      "an empty message beside a structure",
      412,
      { errors: [{ code: "BLOCKED", message: "", detail: { rule: "unsigned" } }] },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      'status 412 (BLOCKED): {"rule":"unsigned"}',
    ],
    [
      "a withdrawn image",
      410,
      refusal("GONE", "this image was withdrawn"),
      "NOT_FOUND",
      "IMAGE_NOT_FOUND",
      "status 410 (GONE): this image was withdrawn",
    ],
    [
      "an unsupported manifest",
      400,
      refusal("UNSUPPORTED", "schema 1 is not supported"),
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 400 (UNSUPPORTED): schema 1 is not supported",
    ],
    [
      "an invalid name",
      400,
      refusal("NAME_INVALID", "invalid repository name"),
      "INVALID_ARGUMENT",
      "INVALID_REFERENCE",
      "status 400 (NAME_INVALID): invalid repository name",
    ],
    [
      "an unknown repository with 400",
      400,
      refusal("NAME_UNKNOWN", "no such project"),
      "NOT_FOUND",
      "IMAGE_NOT_FOUND",
      "status 400 (NAME_UNKNOWN): no such project",
    ],
    [
      "an unknown code",
      422,
      refusal("X-QUARANTINE.7", "held by the scanner"),
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 422 (X-QUARANTINE.7): held by the scanner",
    ],
    [
      "a message without a code",
      412,
      { errors: [{ message: "blocked" }, "twice"] },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 412: blocked; twice",
    ],
    [
      "details beside the message",
      409,
      { errors: [{ code: "CONFLICT", message: "locked", detail: "by the retention job" }] },
      "FAILED_PRECONDITION",
      "REGISTRY_REFUSED",
      "status 409 (CONFLICT): locked: by the retention job",
    ],
  ])("keeps its words: %s", async (_what, status, document, code, reason, words) => {
    const { failure, asked } = await read(() => errorReply(status, document));
    expect(failure).toMatchObject({
      code,
      reason,
      retry: "never",
      message: expect.stringMatching(new RegExp(`^${NAME}: .*${escaped(words)}$`)),
      metadata: { status, errors: expect.anything() },
    });
    const { message, remedy } = failure as { readonly message: string; readonly remedy: string };
    expect(`${message} ${remedy}`).not.toMatch(DOUBTS);
    expect(asked).toBe(1);
  });

  it.each([
    [402, "Payment Required", "text/plain"],
    [451, "<html>Unavailable For Legal Reasons</html>", "text/html"],
  ])("may ask for payment or obey a court without a document: %i", async (status, body, type) => {
    const headers = { "content-type": type };
    const { failure, asked } = await read(() => new Response(body, { status, headers }));
    expect(failure).toMatchObject({ code: "FAILED_PRECONDITION", reason: "REGISTRY_REFUSED" });
    expect(asked).toBe(1);
  });

  it.each<[unknown, RegExp]>([
    [
      refusal("DENIED", "blocked by the policy of Xray"),
      /^Settle what the registry's message names/,
    ],
    [{ errors: [{ code: "DENIED" }] }, /^Use a credential that may pull it/],
  ])("has a remedy that does not contradict its words: %j", async (document, remedy) => {
    const { failure } = await read(() => errorReply(403, document));
    expect(failure).toMatchObject({
      reason: "REGISTRY_PERMISSION_DENIED",
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each<[string, number, unknown]>([
    [
      "429",
      429,
      refusal("TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit."),
    ],
    [
      "its code",
      503,
      refusal("TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit."),
    ],
  ])("limits the rate by %s", async (_what, status, document) => {
    const { failure, asked } = await read(() => errorReply(status, document));
    expect(failure).toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      reason: "REGISTRY_RATE_LIMITED",
      message: expect.stringContaining("You have reached your unauthenticated pull rate limit."),
    });
    expect(asked).toBe(1);
  });

  it("is under maintenance, which passes", async () => {
    const document = refusal("UNAVAILABLE", "read-only maintenance until 05:00 UTC");
    const headers = { "retry-after": "3600" };
    const { failure, asked } = await read(() => errorReply(503, document, headers));
    expect(failure).toMatchObject({
      code: "UNAVAILABLE",
      reason: "REGISTRY_UNAVAILABLE",
      retry: "same-token",
      message: `${NAME}: the registry ${HOST} cannot answer at the moment: status 503 (UNAVAILABLE): read-only maintenance until 05:00 UTC`,
      remedy: "Try again in 3600 seconds; if it continues, ask the registry's operator.",
    });
    expect(asked).toBe(3);
  });

  it("refuses in the challenge of a token", async () => {
    using hosts = playHosts(({ url }) =>
      url.pathname === "/token"
        ? Response.json({ token: "weak" })
        : challengeReply(
            `Bearer realm="https://${HOST}/token",scope="repository:team/app:pull",error="insufficient_scope",error_description="robot may not pull"`,
          ),
    );
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME, password("robot", "sesame")))).rejects.toThrow(
      expect.objectContaining({
        code: "PERMISSION_DENIED",
        message: `${NAME}: the registry ${HOST} does not let this credential pull team/app: status 401 (UNAUTHORIZED, insufficient_scope): authentication required; robot may not pull`,
      }),
    );
    expect(hosts.requests).toHaveLength(3);
  });
});

describe("an answer that may not be a registry's", () => {
  it.each<[string, string, string]>([
    ["a web page", "<!doctype html><title>Blocked</title>", "status 400: Blocked"],
    [
      "a web page without a title",
      "<!doctype html><p>Blocked &amp; logged",
      "status 400: Blocked & logged",
    ],
    [
      "a web page whose heading repeats its title",
      "<html><head><title>400 Bad Request</title></head><body><h1>400 Bad Request</h1><hr>nginx",
      "status 400: 400 Bad Request nginx",
    ],
    [
      "a web page with its reason below its title",
      "<title>ERROR</title><style>h1 > p {}</style><script>if (a<b) alert()</script><p>Blocked from\n  your <b>country</b>.",
      "status 400: ERROR: Blocked from your country .",
    ],
    ["words", "error code: 1020", "status 400: error code: 1020"],
    ["nothing", "", "status 400"],
    ["another document", '{"ok":false}', "status 400"],
  ])("is doubted: %s", async (_what, body, words) => {
    const { failure } = await read(() => new Response(body, { status: 400 }));
    expect(failure).toMatchObject({
      reason: "REGISTRY_PROTOCOL",
      message: `${NAME}: the registry ${HOST} violated the distribution specification: ${words}`,
      remedy: expect.stringContaining("no proxy responds in its place"),
    });
  });
});

describe("the target of a redirect", () => {
  it("is named, with its own words", async () => {
    const body =
      '<?xml version="1.0"?>\n<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is too large.</Message></Error>';
    using hosts = playHosts(({ url }) =>
      url.host === HOST
        ? new Response(null, { status: 307, headers: { location: "https://s3.example.com/b" } })
        : new Response(body, { status: 403 }),
    );
    using client = testClient(SECURE);
    await expect(client.getManifest(asking(NAME))).rejects.toThrow(
      expect.objectContaining({
        reason: "REGISTRY_REFUSED",
        message: `${NAME}: the registry ${HOST} redirects to s3.example.com, which refused the request: status 403 (RequestTimeTooSkewed): The difference between the request time and the current time is too large.`,
      }),
    );
    expect(hosts.requests).toHaveLength(2);
  });
});

function escaped(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}
