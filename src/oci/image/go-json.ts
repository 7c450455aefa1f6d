import { eachItem, eachMember, nextToken, peek, skipValue, textOf } from "./json-tokens.ts";
import type { JsonCursor } from "./json-tokens.ts";
import { foldGoName } from "../../json/go-members.ts";
import { formatPath } from "./json-document.ts";
import type { EngineKind } from "./finding.ts";
import { quote } from "../quote.ts";

/**
 * Decoders that read JSON as Go's `encoding/json` does, because registries, engines and their clients read manifests
 * and configurations with it. Names of members match in any case; a repeated member overwrites the earlier one, and
 * objects are merged; `null` leaves a value as it is, and empties a list, a map or a pointer.
 *
 * Source: https://pkg.go.dev/encoding/json#Unmarshal
 */

/** An observation about one value. */
export interface DecodingNote {
  /**
   * `type`: Go cannot decode the value. `dropped`: the same, of a member that is not needed. `name`: Go decodes the
   * value, although its name is misspelled or repeated.
   */
  readonly kind: "type" | "dropped" | "name";
  readonly path: readonly PropertyKey[];
  readonly message: string;
  /** Engines that refuse the document because of a dropped value. */
  readonly refusedBy?: readonly EngineKind[];
}

export interface DecodingState extends JsonCursor {
  readonly notes: DecodingNote[];
}

export interface Decoder<Value> {
  /** Consumes one value. Returns undefined for a value that counts as absent. */
  decode(
    state: DecodingState,
    path: readonly PropertyKey[],
    previous: Value | undefined,
  ): Value | undefined;
}

/** An object with the decoded members of a struct. */
export type Decoded<Fields> = {
  readonly [Name in keyof Fields]?: Fields[Name] extends Decoder<infer Value> ? Value : never;
};

type Fields = Readonly<Record<string, Decoder<unknown>>>;

/** A decoder of a scalar: `null` leaves the previous value, and `read` returns undefined for an unfit token. */
function scalar<Value>(what: string, read: (token: string) => Value | undefined): Decoder<Value> {
  return {
    decode(state, path, previous) {
      const first = peek(state);
      if (first === "{" || first === "[") return mismatch(state, path, what, previous);
      const start = state.at;
      const token = nextToken(state);
      if (token === "null") return previous;
      const value = read(token);
      if (value !== undefined) return value;
      state.at = start;
      return mismatch(state, path, what, previous);
    },
  };
}

export const goText: Decoder<string> = scalar("a string", (token) =>
  token.startsWith('"') ? textOf(token) : undefined,
);

export const goBoolean: Decoder<boolean> = scalar("true or false", (token) =>
  token === "true" || token === "false" ? token === "true" : undefined,
);

/** Go's `int64`. Numbers with a fraction or an exponent do not fit. */
export const goInteger: Decoder<number> = scalar("an integer", (token) =>
  /^-?\d+$/.test(token) && Number.isSafeInteger(Number(token)) ? Number(token) : undefined,
);

/** Go's `time.Time`, which reads RFC 3339 and no other form of ISO 8601. Kept as text. */
export const goTime: Decoder<string> = scalar("a date and time of RFC 3339", (token) =>
  token.startsWith('"') && isRfc3339(textOf(token)) ? textOf(token) : undefined,
);

/** Go's `struct{}`, the value of maps that are sets. */
export const goMarker: Decoder<object | null> = {
  decode(state, path, previous) {
    const first = peek(state);
    if (first !== "{" && first !== "n") return mismatch(state, path, "an object", previous);
    skipValue(state);
    return first === "{" ? {} : null;
  },
};

export function goList<Value>(item: Decoder<Value>, zero: Value): Decoder<readonly Value[] | null> {
  return {
    decode(state, path, previous) {
      const first = peek(state);
      if (first === "n") return skipNull(state);
      if (first !== "[") return mismatch(state, path, "an array", previous);
      const list: Value[] = [];
      eachItem(state, (index) => list.push(item.decode(state, [...path, index], zero) ?? zero));
      return list;
    },
  };
}

/** Strings in a list; `null` among them is the empty string. */
export const goTexts: Decoder<readonly string[] | null> = goList(goText, "");

/** A map. Its keys are compared as they are, and a repeated map adds to the earlier one. */
export function goMap<Value>(
  value: Decoder<Value>,
  zero: Value,
): Decoder<Readonly<Record<string, Value>> | null> {
  return {
    decode(state, path, previous) {
      const first = peek(state);
      if (first === "n") return skipNull(state);
      if (first !== "{") return mismatch(state, path, "an object", previous);
      const map = new Map(Object.entries(previous ?? {}));
      eachMember(state, (key) =>
        map.set(key, value.decode(state, [...path, key], undefined) ?? zero),
      );
      return Object.fromEntries(map);
    },
  };
}

/** A struct. Unknown members are skipped. */
export function goStruct<Members extends Fields>(members: Members): Decoder<Decoded<Members>> {
  const names = new Map(Object.keys(members).map((name) => [foldGoName(name), name]));
  return {
    decode(state, path, previous) {
      const first = peek(state);
      if (first !== "{" && first !== "n") return mismatch(state, path, "an object", previous);
      if (first === "n") {
        skipValue(state);
        return previous;
      }
      const decoded = new Map<string, unknown>(Object.entries(previous ?? {}));
      const seen = new Set<string>();
      eachMember(state, (key) => {
        const name = names.get(foldGoName(key));
        const member = name === undefined ? undefined : members[name];
        if (name === undefined || member === undefined) return skipValue(state);
        const inner = [...path, name];
        if (key !== name) note(state, inner, `is spelled ${quote(key)}`);
        if (seen.has(name)) note(state, inner, "appears more than once");
        seen.add(name);
        const value = member.decode(state, inner, decoded.get(name));
        if (value !== undefined) decoded.set(name, value);
      });
      const value = Object.fromEntries(decoded);
      return isDecoded(value, members) ? value : previous;
    },
  };
}

/** Whether all members are of the struct. Their values are what its decoders returned. */
function isDecoded<Members extends Fields>(
  value: object,
  members: Members,
): value is Decoded<Members> {
  return Object.keys(value).every((name) => Object.hasOwn(members, name));
}

/** A pointer: `null` removes the earlier value. */
export function goPointer<Value>(target: Decoder<Value>): Decoder<Value | null> {
  return {
    decode(state, path, previous) {
      if (peek(state) === "n") return skipNull(state);
      return target.decode(state, path, previous ?? undefined);
    },
  };
}

/** Formats a note's path and message. */
export function formatNote({ path, message }: DecodingNote): string {
  const where = formatPath(path);
  return where === "" ? message : `${where}: ${message}`;
}

function skipNull(state: DecodingState): null {
  skipValue(state);
  return null;
}

function note(state: DecodingState, path: readonly PropertyKey[], message: string): void {
  state.notes.push({ kind: "name", path, message });
}

function mismatch<Value>(
  state: DecodingState,
  path: readonly PropertyKey[],
  what: string,
  previous: Value | undefined,
): Value | undefined {
  skipValue(state);
  state.notes.push({ kind: "type", path, message: `not ${what}` });
  return previous;
}

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function isRfc3339(value: string): boolean {
  const [, year = 0, month = 0, day = 0] = (RFC_3339.exec(value) ?? []).map(Number);
  // Adding 2000 keeps leap years, and avoids the years 0 to 99, which `Date` reads as 1900 to 1999.
  const lastDay = new Date(Date.UTC(2000 + year, month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= lastDay;
}
