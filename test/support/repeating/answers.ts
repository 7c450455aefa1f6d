import * as fc from "fast-check";
import { SECRET_FORMS } from "../secret-forms.ts";
import type { RepeatedAnswer, Strike } from "./repeater.ts";

/** A part of a peer's text; a secret is given by its index in the list of secrets that the peer knows. */
type Part = string | { readonly secret: number; readonly form: string };
type Words = readonly Part[];

/** A document of a peer, with generated texts. */
type Document = (words: () => string) => unknown;

/** Answers of every kind of peer, errors and successes with texts in them, and documents of no peer. */
const DOCUMENTS = {
  "a registry's error": (words) => ({
    errors: [
      { code: "DENIED", message: words(), detail: { [words()]: words() } },
      { code: "UNKNOWN", message: words() },
    ],
  }),
  "a registry's error with a text as its code": (words) => ({
    errors: [{ code: lettersOf(words()), message: words() }],
  }),
  "a manifest of another type": (words) => ({
    schemaVersion: 2,
    mediaType: words(),
    config: { mediaType: words(), digest: words(), size: 1 },
    layers: [],
  }),
  "an index": (words) => ({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    manifests: [
      {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        digest: `sha256:${"1".repeat(64)}`,
        size: 2,
        platform: { os: words(), architecture: words(), variant: words() },
        annotations: { [words()]: words() },
      },
    ],
  }),
  "an invalid token": (words) => ({ token: `${words()} `, expires_in: words() }),
  "a token service's error": (words) => ({
    error: words(),
    error_description: words(),
    error_uri: words(),
  }),
  "an engine's error": (words) => ({ message: words() }),
  "an engine's progress": (words) => ({
    status: words(),
    error: words(),
    errorDetail: { message: words() },
  }),
  "a container that has ended": (words) => ({
    Id: "c1",
    State: { Status: "exited", ExitCode: 1, Error: words() },
    Config: { Labels: {} },
  }),
  "an engine's description of itself": (words) => ({
    Name: words(),
    OSType: words(),
    ApiVersion: words(),
    RegistryConfig: { IndexConfigs: { [words()]: words() } },
  }),
  "Compute Engine's error": (words) => ({
    error: {
      code: 403,
      message: words(),
      errors: [{ reason: words(), message: words(), domain: words() }],
      details: [{ reason: words(), metadata: { [words()]: words() } }],
    },
  }),
  "a failed operation": (words) => ({
    id: "1",
    name: "operation-1",
    status: "DONE",
    error: { errors: [{ code: words(), message: words() }] },
    httpErrorStatusCode: 400,
    httpErrorMessage: words(),
  }),
  "a credential": (words) => ({ Username: words(), Secret: words(), ServerURL: words() }),
  "a list": (words) => [words(), 7, null, [words()]],
  "a text": (words) => words(),
  "a number": () => 7,
  "an object with other fields": (words) => ({ [words()]: { [words()]: [words()] } }),
} satisfies Readonly<Record<string, Document>>;

/** Documents that are not JSON. */
const TEXTS = {
  "a page": (words) => `<html><title>${words()}</title><p>${words()}</p></html>`,
  "truncated JSON": (words) =>
    JSON.stringify({ errors: [{ code: "DENIED", message: words() }] }).slice(0, -3),
  "plain text": (words) => words(),
  "EC2's error": (words) =>
    `<Response><Errors><Error><Code>${xml(words())}</Code><Message>${xml(words())}</Message></Error></Errors><RequestID>${xml(words())}</RequestID></Response>`,
  "EC2's error with a known code": (words) =>
    `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>${xml(`You are not authorized to perform: ec2:RunInstances ${words()} Encoded authorization failure message: ${words().replaceAll(/[^\w+/=-]/g, "")}`)}</Message></Error></Errors><RequestID>1</RequestID></Response>`,
  "STS's error": (words) =>
    `<ErrorResponse><Error><Type>Sender</Type><Code>${xml(words())}</Code><Message>${xml(words())}</Message></Error><RequestId>${xml(words())}</RequestId></ErrorResponse>`,
  "an instance that has ended": (words) =>
    `<DescribeInstancesResponse><reservationSet><item><instancesSet><item><instanceId>i-0123456789abcdef0</instanceId><instanceState><name>terminated</name></instanceState><stateReason><code>Server.InternalError</code><message>${xml(words())}</message></stateReason></item></instancesSet></item></reservationSet></DescribeInstancesResponse>`,
  nothing: () => "",
} satisfies Readonly<Record<string, (words: () => string) => string>>;

export type AnswerKind = keyof typeof DOCUMENTS | keyof typeof TEXTS;
const KINDS = [...keysOf(DOCUMENTS), ...keysOf(TEXTS)];

function keysOf<Name extends string>(table: Readonly<Record<Name, unknown>>): readonly Name[] {
  return Object.keys(table).filter((name): name is Name => Object.hasOwn(table, name));
}

const STATUSES = [
  200, 200, 201, 302, 307, 400, 401, 401, 403, 403, 404, 405, 409, 418, 429, 500, 503,
];

/** Which requests get another answer than they should, and which answer: as data that a failed test can print. */
export interface Plot {
  readonly skip: number;
  readonly times: number;
  readonly status: number;
  readonly statusText: Words;
  readonly headers: Readonly<Partial<Record<Header, Words>>>;
  readonly kind: AnswerKind;
  /** Its texts, used in turn. */
  readonly words: readonly Words[];
}

/**
 * @param longestSkip Maximum number of requests with correct answers before it.
 * @param usual Kinds of most answers.
 */
export function plots(longestSkip: number, usual: readonly AnswerKind[]): fc.Arbitrary<Plot> {
  return fc.record({
    skip: fc.nat({ max: longestSkip }),
    times: fc.constantFrom(1, 3, 1_000),
    status: fc.constantFrom(...STATUSES),
    statusText: someWords(),
    headers: fc.dictionary(fc.constantFrom(...HEADERS), someWords(), { maxKeys: 5 }),
    kind: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: fc.constantFrom(...KINDS) },
    ),
    words: fc.array(someWords(), { minLength: 1, maxLength: 6 }),
  });
}

/** The usual answers at the beginning and in the middle of a scene, with every secret in every form. */
export function plainPlots(
  requests: number,
  usual: readonly AnswerKind[],
  secrets: number,
): readonly Plot[] {
  const forms = Object.keys(SECRET_FORMS);
  const everything = forms.map((form) =>
    Array.from({ length: secrets }, (_, secret) => [{ secret, form }, " "]).flat(),
  );
  return [1, Math.floor(requests / 2)].flatMap((skip) =>
    [200, 403].flatMap((status) =>
      usual.map((kind) => ({
        skip,
        times: 1_000,
        status,
        statusText: ["no"],
        headers: {},
        kind,
        words: everything,
      })),
    ),
  );
}

/** @param known Secrets that the peer knows whatever it has granted. */
export function strikeOf(plot: Plot, known: readonly string[]): Strike {
  const { skip, times } = plot;
  return { skip, times, answer: (granted) => render(plot, [...known, ...granted]) };
}

const HEADERS = [
  "content-type",
  "location",
  "location-scheme",
  "location-host",
  "www-authenticate",
  "www-authenticate-scheme",
  "docker-content-digest",
  "retry-after",
  "ratelimit-remaining",
  "warning",
  "x-amzn-requestid",
] as const;
type Header = (typeof HEADERS)[number];

/** Text around secrets, as long as an error message, or so long that it is truncated. */
function someWords(): fc.Arbitrary<Words> {
  const secret = fc.record({
    secret: fc.nat({ max: 20 }),
    form: fc.constantFrom(...Object.keys(SECRET_FORMS)),
  });
  const filling = fc.constantFrom(
    "denied ",
    ": ",
    '"',
    "\n",
    "<",
    "x".repeat(150),
    "long word ".repeat(30),
    "word ".repeat(400),
  );
  return fc.array(fc.oneof({ weight: 2, arbitrary: secret }, filling), {
    minLength: 1,
    maxLength: 4,
  });
}

function render(plot: Plot, secrets: readonly string[]): RepeatedAnswer {
  const { status, statusText, headers, kind } = plot;
  const say = (words: Words) => words.map((part) => sayPart(part, secrets)).join("");
  let said = 0;
  const words = () => say(plot.words[said++ % plot.words.length] ?? []);
  const body = kind in TEXTS ? textOf(kind, words) : JSON.stringify(documentOf(kind, words));
  const fields = Object.entries(headers).map(([name, value]) => header(name, say(value)));
  return {
    status,
    statusText: fieldOf(say(statusText)),
    headers: Object.fromEntries(fields),
    body,
  };
}

function textOf(kind: AnswerKind, words: () => string): string {
  return Object.entries(TEXTS).find(([name]) => name === kind)?.[1](words) ?? "";
}

function documentOf(kind: AnswerKind, words: () => string): unknown {
  return Object.entries(DOCUMENTS).find(([name]) => name === kind)?.[1](words);
}

function sayPart(part: Part, secrets: readonly string[]): string {
  if (typeof part === "string") return part;
  const secret = secrets[part.secret % secrets.length] ?? "";
  return SECRET_FORMS[part.form]?.(secret) ?? "";
}

function header(name: string, words: string): readonly [string, string] {
  const value = fieldOf(words);
  const name2 = name.replace(/-(?:scheme|host)$/, "");
  const letters = words.replaceAll(/[^A-Za-z0-9+.-]/g, "").replace(/^[^A-Za-z]*/, "");
  switch (name) {
    case "location-scheme":
      return [name2, `${letters}://elsewhere/x`];
    case "location-host":
      return [
        name2,
        `https://${letters}/${encodeURIComponent(words)}?${encodeURIComponent(words)}`,
      ];
    case "www-authenticate":
      return [
        name2,
        `Bearer realm="${value.replaceAll('"', "")}",service="${encodeURIComponent(words)}"`,
      ];
    case "www-authenticate-scheme":
      return [name2, `${letters} realm="x"`];
    default:
      return [name2, value];
  }
}

/** The valid characters of a header field or a status line. */
function fieldOf(words: string): string {
  return words
    .replaceAll(/[^ -~]/g, "")
    .slice(0, 4_000)
    .trim();
}

function lettersOf(words: string): string {
  return words.replaceAll(/[^A-Za-z_]/g, "").slice(0, 40) || "DENIED";
}

function xml(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
