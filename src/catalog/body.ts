/** A body as it came, brought into the one form that rules and schemas judge. */
import { camelCaseName, holdsData, snakeCaseName } from "../json/field-case.ts";
import { isFields } from "./violation.ts";
import type { LooseFields, Normalized, Violation } from "./violation.ts";

export interface NormalizedBody extends Normalized {
  /** Printed path -> the path in the spelling that was given. */
  readonly spellings: ReadonlyMap<string, string>;
}

type Path = readonly PropertyKey[];

/** No kind nests as deeply. */
const MAXIMUM_DEPTH = 16;

/**
 * Field names become camelCase; what is unset (null, or an empty string, as on the platform) is left out. The keys of
 * data (regions, tags) and their values stay as they are.
 */
export function normalizeBody(body: LooseFields): NormalizedBody {
  const violations: Violation[] = [];
  const spellings = new Map<string, string>();
  const fields = normalizeFields(body, { path: [], spelled: "", violations, spellings });
  return { fields, violations, spellings };
}

interface Place {
  readonly path: Path;
  readonly spelled: string;
  readonly violations: Violation[];
  readonly spellings: Map<string, string>;
}

function normalizeFields(given: LooseFields, place: Place): LooseFields {
  const fields = new Map<string, unknown>();
  for (const [spelling, value] of Object.entries(given)) {
    const name = camelCaseName(spelling);
    const path = [...place.path, name];
    const spelled = place.spelled === "" ? spelling : `${place.spelled}.${spelling}`;
    if (fields.has(name)) {
      const message = `${printedPath(path)} is given twice, in two spellings`;
      place.violations.push({ path, message });
    } else if (value !== undefined && value !== null && value !== "") {
      place.spellings.set(printedPath(path), spelled);
      fields.set(name, normalizeValue(value, { ...place, path, spelled }));
    }
  }
  // Own properties, `__proto__` too: the schema then finds it unknown.
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
        spelled: `${place.spelled}[${index}]`,
      }),
    );
  if (!isFields(value)) return value;
  const name = path.at(-1);
  if (typeof name !== "string" || !holdsData(name)) return normalizeFields(value, place);
  // Copying such a key elsewhere would set a prototype, and zod drops it in silence.
  if (Object.hasOwn(value, "__proto__"))
    violations.push({ path, message: `${printedPath(path)} must not have the key __proto__` });
  return value;
}

/** A path as people read it: `ports[0].name`, in the printed spelling. */
export function printedPath(path: Path): string {
  let printed = "";
  for (const step of path) {
    if (typeof step === "number") printed += `[${step}]`;
    else printed += `${printed === "" ? "" : "."}${snakeCaseName(String(step))}`;
  }
  return printed;
}

/** Text from outside inside a message: shortened, and quoted where it holds more than a name would. */
export function printedText(text: string): string {
  const LONGEST = 100;
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return /^[\w.:/@[\] -]*…?$/.test(short) ? short : JSON.stringify(short);
}
