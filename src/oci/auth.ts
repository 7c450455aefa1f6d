/** One challenge of a `WWW-Authenticate` field (RFC 9110, 11.6.1): a scheme with either parameters or one token. */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** The single token of schemes like `Negotiate`; null if there is none. */
  readonly token: string | null;
  /** By lower-case parameter name. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Slipway only pulls. */
const PULL = "pull";

// Each expression is sticky and can match in only one way, so matching takes linear time.
const SEPARATORS = /[\s,]*/y;
const SPACES = /[ \t]*/y;
const TOKEN = /[A-Za-z0-9!#$%&'*+.^_`|~-]+/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;
const UNQUOTED = /[^\s,"]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;

/**
 * Parses the challenges of a `WWW-Authenticate` field, in order. The caller joins several fields with commas. Parsing
 * stops at the first malformed parameter and returns what comes before it, as Go's clients do.
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

/** The token scope needed to pull from a repository (distribution specification, token scope). */
export function pullScope(repository: string): string {
  return `repository:${repository}:${PULL}`;
}

/** The challenge by which to request a token; undefined if the registry has none. */
export function bearerChallenge(header: string): Challenge | undefined {
  return parseChallenges(header).find(({ scheme }) => scheme === "bearer");
}

/** The scopes in the bearer challenge of a `WWW-Authenticate` field, without repeats. */
export function challengedScopes(header: string): readonly string[] {
  const scope = bearerChallenge(header)?.parameters.get("scope") ?? "";
  return [...new Set(scope.split(" ").filter((one) => one !== ""))];
}

/** True if a token with this scope may pull from the repository: `repository:team/app:pull,push`. */
export function mayPull(scope: string, repository: string): boolean {
  const [, name, actions = ""] = /^repository(?:\([^)]*\))?:(.*):([^:]*)$/.exec(scope) ?? [];
  return name === repository && actions.split(",").some((one) => one === PULL || one === "*");
}

/** Parses the parameters up to the next scheme or the first malformed one; null if that is the first of all. */
function readParameters(scanner: Scanner): ReadonlyMap<string, string> | null {
  const parameters = new Map<string, string>();
  const readSoFar = () => (parameters.size === 0 ? null : parameters);
  for (;;) {
    const start = scanner.position();
    scanner.take(SEPARATORS);
    const name = scanner.take(TOKEN);
    if (name === null) return scanner.ended() ? parameters : readSoFar();
    scanner.take(SPACES);
    if (!scanner.takeCharacter("=")) {
      scanner.moveTo(start);
      return parameters;
    }
    scanner.take(SPACES);
    const value = readValue(scanner);
    if (value === null) return readSoFar();
    const key = name.toLowerCase();
    // A parameter may occur only once (RFC 9110, 11.2). Of duplicates, the first counts.
    if (!parameters.has(key)) parameters.set(key, value);
  }
}

function readValue(scanner: Scanner): string | null {
  const quoted = scanner.take(QUOTED);
  if (quoted !== null) return quoted.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  if (scanner.startsWith('"')) return null;
  // URLs and scopes do not match the token grammar, but some registries send them unquoted.
  return scanner.take(UNQUOTED);
}

interface Scanner {
  /** Matches the sticky expression at the current position and advances past it; null if it does not match. */
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
