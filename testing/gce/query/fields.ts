import type { JsonObject, JsonValue } from "../../../src/errors.ts";
import { GceFailure } from "../failure.ts";

/** Selection for a partial response: names, each with its nested selection; `*` matches every name. */
type Selection = Map<string, Selection>;

const MAXIMUM_DEPTH = 32;

/**
 * Keeps only what the `fields` parameter selects: `items(id,name)`, `items/name`, `nextPageToken,items/disks/*`.
 *
 * @throws GceFailure `invalidParameter` if the selection is malformed.
 */
export function selectFields(document: JsonObject, fields: string | null): JsonObject {
  if (fields === null || fields === "") return document;
  const kept = selectValue(document, parseSelection(fields), 0);
  return isObject(kept) ? kept : {};
}

function selectValue(value: JsonValue, selection: Selection, depth: number): JsonValue {
  if (selection.size === 0 || depth > MAXIMUM_DEPTH) return value;
  if (isList(value)) return value.map((item) => selectValue(item, selection, depth));
  if (!isObject(value)) return value;
  const any = selection.get("*");
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => {
      const inside = selection.get(name) ?? any;
      return inside === undefined ? [] : [[name, selectValue(inner, inside, depth + 1)]];
    }),
  );
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `selection = path *("," path)`, `path = name *("/" name) ["(" selection ")"]` */
function parseSelection(text: string): Selection {
  const tokens = text.match(/[A-Za-z0-9_*.-]+|[^\sA-Za-z0-9_*.-]/g) ?? [];
  let position = 0;
  const fail = (): GceFailure =>
    new GceFailure("invalidParameter", `Invalid field selection ${text.slice(0, 200)}`);

  const readList = (into: Selection, depth: number): void => {
    if (depth > MAXIMUM_DEPTH) throw fail();
    for (;;) {
      readPath(into, depth);
      if (tokens[position] !== ",") return;
      position += 1;
    }
  };
  const readPath = (into: Selection, depth: number): void => {
    let inside = into;
    for (;;) {
      const name = tokens[position];
      if (name === undefined || !/^[A-Za-z0-9_*.-]+$/.test(name)) throw fail();
      position += 1;
      const known = inside.get(name) ?? new Map();
      inside.set(name, known);
      inside = known;
      if (tokens[position] !== "/") break;
      position += 1;
    }
    if (tokens[position] !== "(") return;
    position += 1;
    readList(inside, depth + 1);
    if (tokens[position] !== ")") throw fail();
    position += 1;
  };

  const selection: Selection = new Map();
  readList(selection, 0);
  if (position !== tokens.length) throw fail();
  return selection;
}
