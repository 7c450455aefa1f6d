import { invalidArgument, SlipwayError } from "../errors.ts";
import type { JsonValue } from "../errors.ts";
import { canonicalJson } from "../json/canonical-json.ts";
import type { LaunchPlan } from "../plan/plan.ts";
import { INPUT_VARIABLE, NO_INPUT } from "../substrate/contract.ts";
import type { SpawnInput } from "../substrate/contract.ts";

/**
 * The caller's additions to a workspace: recorded with the intent, before the launch, and part of the spawn's identity.
 * They are not part of the plan, so that spawns of one plan share a launch.
 */

/** Additions as a caller gives them. */
export interface GivenInput {
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly input?: JsonValue | undefined;
}

/**
 * Names that every shell and service manager can set (POSIX "Environment Variables", systemd's `env_name_is_valid`).
 * Values may be any UTF-8 text without NUL.
 */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LONGEST_VARIABLE = 256;
/** Variables that Slipway sets on machines. */
const OWN_VARIABLES = "SLIPWAY_";

/**
 * The most bytes of all variables of a spawn, as `NAME=value` with an end mark, and of its input as canonical JSON. Both
 * together fit into the 16 KiB of an EC2 instance's user data, whatever their content.
 */
export const MOST_ENV_BYTES = 4_096;
export const MOST_INPUT_BYTES = 4_096;
/** Nothing that is printed or stored may be nested much deeper. */
const DEEPEST_INPUT = 32;

/** Labels follow the rule of Kubernetes ("Labels and Selectors: Syntax and character set"). */
const LABEL_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const LABEL_PREFIX =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const OWN_LABELS = /^(?:slipway|dev\.slipway\b)/;
/** Leaves room on every provider for Slipway's own tags and the placement's. EC2 allows 50 tags. */
export const MOST_LABELS = 16;

/**
 * Validates the additions and returns a copy whose keys are sorted, so that equal inputs have equal text as JSON.
 *
 * @param subject the call or flag that they belong to, for messages
 * @throws SlipwayError `INVALID_ARGUMENT`: `INVALID_INPUT` or `INPUT_TOO_LARGE`. No message contains a value.
 */
export function parseSpawnInput(subject: string, given: GivenInput): SpawnInput {
  const { env = {}, labels = {}, input = null } = given;
  const parsed: SpawnInput = {
    env: parseEnvironment(subject, env),
    labels: parseLabels(subject, labels),
    input: copyJson(`the input of ${subject}`, input, 0),
  };
  if (!hasInput(parsed)) return NO_INPUT;
  // As long as canonical JSON, and much faster.
  const bytes = Buffer.byteLength(JSON.stringify(parsed.input));
  if (bytes > MOST_INPUT_BYTES) throw tooLarge(`the input of ${subject}`, bytes, MOST_INPUT_BYTES);
  return parsed;
}

/**
 * Validates labels, of a spawn or of a selection.
 *
 * @throws SlipwayError as {@link parseSpawnInput} does
 */
export function parseLabels(
  subject: string,
  labels: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = entriesOf(`the labels of ${subject}`, labels);
  if (entries.length > MOST_LABELS)
    throw invalidArgument(
      "INVALID_INPUT",
      `${subject} has ${entries.length} labels; a spawn has at most ${MOST_LABELS}`,
    );
  const named = (key: string): string => `label ${quoted(key)} of ${subject}`;
  for (const [key, value] of entries) {
    if (!isLabelKey(key))
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(key)} is not a valid key`,
        "A key has 1 to 63 letters, digits and [-_.], begins and ends with a letter or digit, and may have a DNS name and a slash before it.",
      );
    if (OWN_LABELS.test(key))
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(key)} is reserved for Slipway's own labels`,
        "Use a key that does not begin with slipway or dev.slipway.",
      );
    if (value !== "" && !LABEL_NAME.test(value))
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(key)} does not have a valid value`,
        "A value is empty, or has 1 to 63 letters, digits and [-_.] and begins and ends with a letter or digit.",
      );
  }
  return Object.fromEntries(entries);
}

export function hasInput({ env, labels, input }: SpawnInput): boolean {
  return input !== null || Object.keys(env).length > 0 || Object.keys(labels).length > 0;
}

/** The input alone, without the other fields of a spawn or member. */
export function inputOf({ env, labels, input }: SpawnInput): SpawnInput {
  return { env, labels, input };
}

/** The parts in which two inputs differ, in whatever order their keys are. */
export function inputChanges(one: SpawnInput, other: SpawnInput): readonly (keyof SpawnInput)[] {
  const parts = ["env", "labels", "input"] as const;
  return parts.filter((part) => canonicalJson(one[part]) !== canonicalJson(other[part]));
}

/**
 * Checks that a spawn of this plan can have the input.
 *
 * @throws SlipwayError `FAILED_PRECONDITION`: `INPUT_CLASH` if the plan sets one of the variables or labels itself,
 * `INPUT_UNDELIVERABLE` if its machine could not receive the input
 */
export function checkInputFor(plan: LaunchPlan, own: SpawnInput): void {
  const { secretRefs, runtimeSecretMounts, bootDocument } = plan.guest;
  const { workspace } = plan;
  const variables = new Set([...secretRefs, ...runtimeSecretMounts.map(({ env }) => env)]);
  const given = [...Object.keys(own.env), ...(own.input === null ? [] : [INPUT_VARIABLE])];
  const variable = given.find((name) => variables.has(name));
  if (variable !== undefined)
    throw refusal("INPUT_CLASH", {
      message: `variable ${variable}: workspace ${workspace} sets it from a secret`,
      remedy: "Choose another name for the spawn's variable, or for the workspace's.",
    });
  const labels = placementLabels(plan);
  const label = Object.keys(own.labels).find((key) => Object.hasOwn(labels, key));
  if (label !== undefined)
    throw refusal("INPUT_CLASH", {
      message: `label ${label}: the placement of workspace ${workspace} sets a label or tag of this name`,
      remedy: "Choose another key for the spawn's label.",
    });
  const isSilent = plan.substrate !== "DOCKER" && bootDocument === "none";
  if (isSilent && (own.input !== null || Object.keys(own.env).length > 0))
    throw refusal("INPUT_UNDELIVERABLE", {
      message: `workspace ${workspace} has boot_document none: its machine would not receive the spawn's env and input`,
      remedy: "Spawn it with labels only, or set the workspace's boot_document to cloud-init.",
    });
}

function placementLabels({ target }: LaunchPlan): Readonly<Record<string, string>> {
  return target.substrate === "AWS" ? target.tags : target.labels;
}

function parseEnvironment(
  subject: string,
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const entries = entriesOf(`the env of ${subject}`, env);
  const named = (name: string): string => `variable ${quoted(name)} of ${subject}`;
  let bytes = 0;
  for (const [name, value] of entries) {
    if (!VARIABLE.test(name) || name.length > LONGEST_VARIABLE)
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(name)} does not have a valid name`,
        `A name has 1 to ${LONGEST_VARIABLE} letters, digits and underscores, and does not begin with a digit.`,
      );
    if (name.startsWith(OWN_VARIABLES))
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(name)}: names that begin with ${OWN_VARIABLES} are reserved for Slipway`,
      );
    if (value.includes("\0") || !value.isWellFormed())
      throw invalidArgument(
        "INVALID_INPUT",
        `${named(name)} has a value that no process can receive: a NUL character or half of a surrogate pair`,
      );
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  }
  if (bytes > MOST_ENV_BYTES) throw tooLarge(`the env of ${subject}`, bytes, MOST_ENV_BYTES);
  return Object.fromEntries(entries);
}

/** The entries of a map of strings, sorted by key. */
function entriesOf(what: string, map: unknown): readonly (readonly [string, string])[] {
  if (!isPlainObject(map)) throw invalidArgument("INVALID_INPUT", `${what} must be an object`);
  const entries: (readonly [string, string])[] = [];
  for (const key of Object.keys(map).toSorted()) {
    const value = map[key];
    if (typeof value === "string") entries.push([key, value]);
    else if (value !== undefined)
      throw invalidArgument("INVALID_INPUT", `${what}: ${quoted(key)} must be a string`);
  }
  return entries;
}

/** A sorted copy of a JSON value; anything else is an error, such as a Date, a Map or a number that JSON cannot represent. */
function copyJson(what: string, value: unknown, depth: number): JsonValue {
  if (depth > DEEPEST_INPUT)
    throw invalidArgument("INVALID_INPUT", `${what} is nested deeper than ${DEEPEST_INPUT} levels`);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && value.isWellFormed()) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (Array.isArray(value))
    return Array.from(value, (item: unknown) => copyJson(what, item, depth + 1));
  if (isPlainObject(value) && Object.keys(value).every((key) => key.isWellFormed()))
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, field]) => [key, copyJson(what, field, depth + 1)]),
    );
  throw invalidArgument(
    "INVALID_INPUT",
    `${what} must be JSON: well-formed text, numbers, true, false, null, lists and plain objects`,
  );
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another realm's prototype, which has none itself.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  if (slash === -1) return LABEL_NAME.test(key);
  return LABEL_PREFIX.test(key.slice(0, slash)) && LABEL_NAME.test(key.slice(slash + 1));
}

function quoted(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function tooLarge(what: string, bytes: number, most: number): SlipwayError {
  return invalidArgument(
    "INPUT_TOO_LARGE",
    `${what} has ${bytes} bytes, more than the ${most} that a spawn may have`,
    "Pass a reference to larger data, such as a URL.",
    { bytes, maximum_bytes: most },
  );
}

function refusal(
  reason: "INPUT_CLASH" | "INPUT_UNDELIVERABLE",
  words: { readonly message: string; readonly remedy: string },
): SlipwayError {
  return new SlipwayError({ code: "FAILED_PRECONDITION", reason, ...words });
}
