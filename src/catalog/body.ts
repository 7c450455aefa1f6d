/** Normalizes a resource's body into the form that rules and schemas validate. */
import { camelCaseName, hasDataKeys, snakeCaseName } from "../json/field-case.ts";
import { isFields } from "./violation.ts";
import type { LooseFields, Normalized, Violation } from "./violation.ts";

export interface NormalizedBody extends Normalized {
  /** Printed path -> the path as the user wrote it. */
  readonly originalPaths: ReadonlyMap<string, string>;
}

type Path = readonly PropertyKey[];

/** Deeper than any kind nests. */
const MAXIMUM_DEPTH = 16;

/**
 * Converts field names to camelCase and removes unset fields (null, or an empty string, as on the platform). Keys that
 * are data (regions, tags) and their values stay unchanged.
 */
export function normalizeBody(body: LooseFields): NormalizedBody {
  const violations: Violation[] = [];
  const originalPaths = new Map<string, string>();
  const fields = normalizeFields(body, { path: [], originalPath: "", violations, originalPaths });
  return { fields, violations, originalPaths };
}

interface Place {
  readonly path: Path;
  readonly originalPath: string;
  readonly violations: Violation[];
  readonly originalPaths: Map<string, string>;
}

function normalizeFields(body: LooseFields, place: Place): LooseFields {
  const fields = new Map<string, unknown>();
  for (const [given, value] of Object.entries(body)) {
    const name = camelCaseName(given);
    const path = [...place.path, name];
    const originalPath = place.originalPath === "" ? given : `${place.originalPath}.${given}`;
    if (fields.has(name)) {
      const message = `${printedPath(path)} is given twice, in snake_case and in camelCase`;
      place.violations.push({ path, message });
    } else if (value !== undefined && value !== null && value !== "") {
      place.originalPaths.set(printedPath(path), originalPath);
      fields.set(name, normalizeValue(value, { ...place, path, originalPath }));
    }
  }
  // fromEntries defines own properties, even for `__proto__`, so that the schema rejects it as unknown.
  return Object.fromEntries(fields);
}

function normalizeValue(value: unknown, place: Place): unknown {
  const { path, violations } = place;
  if (path.length > MAXIMUM_DEPTH) {
    violations.push({ path, message: `${printedPath(path)} is nested too deeply` });
    return undefined;
  }
  if (Array.isArray(value))
    return value.map((item: unknown, index) =>
      normalizeValue(item, {
        ...place,
        path: [...path, index],
        originalPath: `${place.originalPath}[${index}]`,
      }),
    );
  if (!isFields(value)) return value;
  const name = path.at(-1);
  if (typeof name !== "string" || !hasDataKeys(name)) return normalizeFields(value, place);
  // Copying such a key would set a prototype, and zod silently drops it.
  if (Object.hasOwn(value, "__proto__"))
    violations.push({ path, message: `${printedPath(path)} must not have the key __proto__` });
  return value;
}

/** Formats a path for messages: `ports[0].name`, in snake_case. */
export function printedPath(path: Path): string {
  let printed = "";
  for (const step of path) {
    if (typeof step === "number") printed += `[${step}]`;
    else printed += `${printed === "" ? "" : "."}${snakeCaseName(String(step))}`;
  }
  return printed;
}

/** Formats user input for a message: shortened, and quoted unless it looks like a plain name. */
export function printedText(text: string): string {
  const LONGEST = 100;
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return /^[\w.:/@[\] -]*…?$/.test(short) ? short : JSON.stringify(short);
}
