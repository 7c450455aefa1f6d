/** Parses a configuration file, and points at what is wrong in it. */
import { isAbsolute, join, resolve } from "node:path";
import { closestTo } from "../../catalog/suggestions.ts";
import { withOrigin } from "../../catalog/catalog-errors.ts";
import { isTenant } from "../../catalog/names.ts";
import type { JsonObject, JsonValue, SlipwayError } from "../../errors.ts";
import { invalidArgument, isSlipwayError } from "../../errors.ts";
import { parseDocument } from "../../json/document/parse-document.ts";
import { faultAt, NEUTRAL_REMEDY } from "../../json/document/position.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { DEFAULT_OUTPUTS } from "../global-flag-list.ts";
import type { OutputFormat } from "../global-flag-list.ts";
import { quoted } from "../terminal-text.ts";
import { offsetIn, parseTree } from "./config-tree.ts";
import { CONTEXT_NAME_RULE, isContextName } from "./named-context.ts";
import type { Configuration, NamedContext } from "./named-context.ts";

/** Where a configuration stands. */
interface Place {
  /** The file, for messages. */
  readonly path: string;
  /** Relative paths in it start here. */
  readonly folder: string;
  /** The folder that `~` stands for. */
  readonly home: string;
}

/** A mistake, and its remedy. */
type Complaint = readonly [what: string, remedy: string];
/** Creates the error for a field, or for its value. */
type Reject = (
  part: "key" | "value",
  path: readonly string[],
  ...complaint: Complaint
) => SlipwayError;

const ROOT_KEYS = ["current_context", "contexts"] as const;
const CONTEXT_KEYS = ["database", "key_file", "tenant", "default_output"] as const;
/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` with the line, its place and what to write */
export function parseConfiguration(text: string, place: Place): Configuration {
  return withOrigin(place.path, () => {
    const value = valueOf(text);
    const reject: Reject = (part, path, what, remedy) =>
      faultAt(text, offsetIn(parseTree(text), path, part), what, remedy);
    const root = mapAt(value, [], reject);
    checkKeys(root, [], ROOT_KEYS, reject);
    const { current_context: current, contexts } = root;
    const names = mapAt(contexts ?? null, ["contexts"], reject);
    return {
      current: current === undefined ? null : textAt(current, ["current_context"], reject),
      contexts: new Map(
        Object.entries(names).map(([name, settings]) => [
          checkName(name, reject),
          contextOf(settings, { path: ["contexts", name], reject, place }),
        ]),
      ),
    };
  });
}

/** @throws SlipwayError with a remedy for a configuration, where the parser has none */
function valueOf(text: string): JsonValue {
  try {
    return parseDocument(new TextEncoder().encode(text));
  } catch (caught) {
    if (!isSlipwayError(caught) || caught.remedy !== NEUTRAL_REMEDY) throw caught;
    const { reason, message, metadata } = caught;
    throw invalidArgument(reason, message, "Correct this line.", metadata);
  }
}

function contextOf(
  value: JsonValue,
  { path, reject, place }: { path: readonly string[]; reject: Reject; place: Place },
): NamedContext {
  const settings = mapAt(value, path, reject);
  checkKeys(settings, path, CONTEXT_KEYS, reject);
  const read = <T>(
    key: (typeof CONTEXT_KEYS)[number],
    accept: (text: string, wrong: (...complaint: Complaint) => SlipwayError) => T,
  ): T | undefined => {
    const given = settings[key];
    if (given === undefined) return undefined;
    const at = [...path, key];
    return accept(textAt(given, at, reject), (...complaint) => reject("value", at, ...complaint));
  };
  const pathFrom = (text: string, wrong: (...complaint: Complaint) => SlipwayError) =>
    absolutePath(text, place, wrong);
  const database = read("database", pathFrom);
  const keyFile = read("key_file", pathFrom);
  const tenant = read("tenant", tenantOf);
  const defaultOutput = read("default_output", outputOf);
  return {
    ...(database === undefined ? {} : { database }),
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(tenant === undefined ? {} : { tenant }),
    ...(defaultOutput === undefined ? {} : { defaultOutput }),
  };
}

function absolutePath(
  text: string,
  { folder, home }: Place,
  wrong: (...complaint: Complaint) => SlipwayError,
): string {
  const [first, ...rest] = text.split("/");
  if (first?.startsWith("~") !== true) return resolve(folder, text);
  if (first !== "~")
    throw wrong(
      "the home folder of another user is not looked up",
      "Write the whole path, or begin it with ~/ for your own home folder.",
    );
  if (!isAbsolute(home))
    throw wrong("there is no home folder for ~", "Set HOME, or write the whole path.");
  return join(home, ...rest);
}

function tenantOf(text: string, wrong: (...complaint: Complaint) => SlipwayError): string {
  if (isTenant(text)) return text;
  throw wrong(
    `${quoted(text)} is not a valid tenant`,
    "Use up to 63 of a-z, 0-9, - and _, the first a letter or a digit.",
  );
}

function outputOf(text: string, wrong: (...complaint: Complaint) => SlipwayError): OutputFormat {
  const format = DEFAULT_OUTPUTS.find((candidate) => candidate === text);
  if (format !== undefined) return format;
  throw wrong(
    `${quoted(text)} is not a default output format`,
    `The formats are ${DEFAULT_OUTPUTS.join(", ")}.`,
  );
}

function checkName(name: string, reject: Reject): string {
  if (isContextName(name)) return name;
  throw reject(
    "key",
    ["contexts", name],
    `${quoted(name)} is not a name for a context`,
    CONTEXT_NAME_RULE,
  );
}

function checkKeys(
  map: JsonObject,
  path: readonly string[],
  known: readonly string[],
  reject: Reject,
): void {
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue;
    const meant = closestTo(key, known);
    throw reject(
      "key",
      [...path, key],
      `unknown field ${quoted(key)}`,
      meant === null ? `The fields are ${known.join(", ")}.` : `Did you mean ${meant}?`,
    );
  }
}

/** A map, which may be left out. */
function mapAt(value: JsonValue, path: readonly string[], reject: Reject): JsonObject {
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  const what = path.length === 0 ? "the configuration" : (path.at(-1) ?? "");
  throw reject(
    "value",
    path,
    `${what} must be a map`,
    "Write `name: value` on each line below it.",
  );
}

function textAt(value: JsonValue, path: readonly string[], reject: Reject): string {
  if (typeof value === "string" && value !== "") return value;
  throw reject(
    "value",
    path,
    `${path.at(-1) ?? ""} must be a text`,
    value === null || value === "" ? "Write a value, or remove the field." : "Quote it.",
  );
}
