/**
 * What a registry says in `WWW-Authenticate`, by the grammar of RFC 9110 (11.6.1): several challenges, each a
 * scheme with parameters or with one token.
 */
export interface Challenge {
  /** In lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** The one token of schemes like `Negotiate`, or null. */
  readonly token: string | null;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The one thing we ever ask for. */
const PULL = "pull";

// Each is tried at one place (sticky) and has one way to match.
const SEPARATORS = /[\s,]*/y;
const SPACES = /[ \t]*/y;
const TOKEN = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const UNQUOTED = /[^\s,"]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/**
 * The challenges of a `WWW-Authenticate` field, in their order. Several fields are joined by commas first. What
 * cannot be read ends the list: the challenges before it stand.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  const scanner = scan(header);
  for (;;) {
    scanner.take(SEPARATORS);
    const scheme = scanner.take(TOKEN);
    if (scheme === null) return challenges;
    const spaced = scanner.take(SPACES) !== "";
    const token = spaced ? scanner.take(TOKEN68) : null;
    const parameters = token === null ? readParameters(scanner) : new Map<string, string>();
    if (parameters === null) return challenges;
    challenges.push({ scheme: scheme.toLowerCase(), token, parameters });
  }
}

/** The scope that reading a repository takes (distribution specification, token scope). */
export function pullScope(repository: string): string {
  return `repository:${repository}:${PULL}`;
}

/** The parameters up to the next scheme; null where they cannot be read. */
function readParameters(scanner: Scanner): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>();
  for (;;) {
    const start = scanner.position();
    scanner.take(SEPARATORS);
    const name = scanner.take(TOKEN);
    if (name === null) return scanner.ended() ? parameters : null;
    scanner.take(SPACES);
    if (!scanner.takeCharacter("=")) {
      scanner.moveTo(start);
      return parameters;
    }
    scanner.take(SPACES);
    const value = readValue(scanner);
    if (value === null) return null;
    const key = name.toLowerCase();
    // A name may be there once only; the first is what the others are measured by.
    if (!parameters.has(key)) parameters.set(key, value);
  }
}

function readValue(scanner: Scanner): string | null {
  const quoted = scanner.take(QUOTED);
  if (quoted !== null) return quoted.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  if (scanner.startsWith('"')) return null;
  // Addresses and scopes are no tokens, and some registries leave out the quotes all the same.
  return scanner.take(UNQUOTED);
}

interface Scanner {
  /** What the (sticky) expression matches here, or null; goes on behind it. */
  take(expression: RegExp): string | null;
  takeCharacter(character: string): boolean;
  startsWith(text: string): boolean;
  position(): number;
  moveTo(position: number): void;
  ended(): boolean;
}

function scan(text: string): Scanner {
  let position = 0;
  return {
    take(expression) {
      expression.lastIndex = position;
      const [match] = expression.exec(text) ?? [];
      if (match === undefined) return null;
      position += match.length;
      return match;
    },
    takeCharacter(character) {
      if (!text.startsWith(character, position)) return false;
      position += character.length;
      return true;
    },
    startsWith: (start) => text.startsWith(start, position),
    position: () => position,
    moveTo: (to) => {
      position = to;
    },
    ended: () => position >= text.length,
  };
}
