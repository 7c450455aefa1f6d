import type { Wall } from "./imports.ts";
import type { SourceModule } from "./read-module.ts";
import type { Token } from "./tokens.ts";

/** What the product may use of `node:module`. Everything else there changes how modules are found, read or compiled. */
const MODULE_NAMES: ReadonlySet<string> = new Set(["createRequire", "findPackageJSON"]);

/** Node's modules that run text, or see into what runs. */
const RUNNERS: ReadonlySet<string> = new Set(["node:vm", "node:repl", "node:inspector"]);

/** Node's own parts of loading a module, by the names under which they are reached. */
const LOADER_PARTS: ReadonlySet<string> = new Set([
  "_cache",
  "_compile",
  "_extensions",
  "_findPath",
  "_load",
  "_resolveFilename",
  "enableCompileCache",
  "registerHooks",
]);

/** SDKs are what adapters import by a package's name, except for what parses replies. */
const NO_SDK: ReadonlySet<string> = new Set(["zod"]);

const ASSIGNMENT = /^(?:[-+*/%&|^]|\*\*|<<|>>>?|&&|\|\||\?\?)?=$|^(?:\+\+|--)$/;
const CHANGING_METHODS: ReadonlySet<string> = new Set(
  "copyWithin fill pop push reverse shift sort splice unshift set add delete clear".split(" "),
);
const CHANGING_FUNCTIONS: readonly (readonly [string, string])[] = [
  "assign defineProperties defineProperty freeze preventExtensions seal setPrototypeOf"
    .split(" ")
    .map((name) => ["Object", name] as const),
  "defineProperty deleteProperty preventExtensions set setPrototypeOf"
    .split(" ")
    .map((name) => ["Reflect", name] as const),
].flat();

const noModuleHooks = tokenWall("no module hooks", ({ imports, tokens }) => {
  const named = namesImportedFrom(tokens, (specifier) => specifier === "node:module");
  const hook = named.find(({ name }) => !MODULE_NAMES.has(name));
  if (hook !== undefined) return `imports ${hook.name} of node:module`;
  const lazy = imports.find(
    ({ specifier, manner }) => specifier === "node:module" && manner === "lazy",
  );
  if (lazy !== undefined) return "imports all of node:module";
  const part = tokens.find(({ text }) => LOADER_PARTS.has(text));
  if (part !== undefined) return `says ${part.text}`;
  const changed = ["require . cache", "require . extensions"].find((text) => says(tokens, text));
  return changed === undefined ? null : `says ${changed}`;
});

const noGeneratedCode = tokenWall("no code that is made at run time", ({ imports, tokens }) => {
  const runner = imports.find(({ specifier }) => RUNNERS.has(specifier ?? ""));
  if (runner !== undefined) return `imports ${runner.specifier}`;
  const text = imports.find(({ specifier }) => /^(?:data|blob):/.test(specifier ?? ""));
  if (text !== undefined) return "imports code from a URL's own text";
  const called = tokens.find(
    ({ kind, text }, index) =>
      kind === "word" &&
      (text === "eval" || text === "Function") &&
      tokens[index + 1]?.text === "(" &&
      tokens[index - 1]?.text !== "function",
  );
  return called === undefined ? null : `calls ${called.text}`;
});

const nothingInTheTemporaryFolder = tokenWall(
  "nothing is kept in the temporary folder",
  ({ tokens }) => {
    const word = tokens.find(({ text }) => /^(?:tmpdir|TMPDIR|\/tmp(?:\/.*)?)$/.test(text));
    return word === undefined ? null : `says ${word.text}`;
  },
);

const sdksStayAsTheyAre = tokenWall("an SDK's exports stay as they are", ({ path, tokens }) => {
  if (!path.startsWith("adapters/")) return null;
  const imported = namesImportedFrom(
    tokens,
    (specifier) => !/^(?:\.|node:)/.test(specifier) && !NO_SDK.has(specifier),
  );
  const names = new Set([...imported.map(({ local }) => local), ...namesLoaded(tokens)]);
  const index = tokens.findIndex(
    ({ kind, text }, at) =>
      kind === "word" &&
      names.has(text) &&
      !isMember(tokens, at) &&
      (isChangedAfter(tokens, at) || isChangedBefore(tokens, at)),
  );
  return index === -1 ? null : `changes ${tokens[index]?.text}`;
});

/** Walls about code that is not in the repository: how it is loaded, that none is made, and that SDKs keep theirs. */
export const foreignCodeWalls: readonly Wall[] = [
  noModuleHooks,
  noGeneratedCode,
  nothingInTheTemporaryFolder,
  sdksStayAsTheyAre,
];

function tokenWall(name: string, judge: (module: SourceModule) => string | null): Wall {
  return {
    name,
    breaches: (modules) =>
      [...modules.values()].flatMap((module) => {
        const why = judge(module);
        return why === null ? [] : [`${module.path}: ${why}`];
      }),
  };
}

interface ImportedName {
  /** In the other module; `*` and `default` for all of it. */
  readonly name: string;
  readonly local: string;
}

/** What `import … from` and `export … from` name of these packages. Types are not among it. */
function namesImportedFrom(
  tokens: readonly Token[],
  isMeant: (specifier: string) => boolean,
): readonly ImportedName[] {
  return tokens.flatMap(({ kind, text }, index) => {
    const isFrom = text === "from" && tokens[index + 1]?.kind === "string";
    if (kind !== "word" || !isFrom || !isMeant(tokens[index + 1]?.text ?? "")) return [];
    const start = tokens.findLastIndex(
      (token, at) => at < index && token.kind === "word" && /^(?:import|export)$/.test(token.text),
    );
    return clauseNames(tokens.slice(start + 1, index));
  });
}

function clauseNames(clause: readonly Token[]): readonly ImportedName[] {
  if (clause[0]?.text === "type") return [];
  const parts = clause.map(({ text }) => text).join(" ");
  const [, listed = ""] = /\{(.*)\}/.exec(parts) ?? [];
  const whole = parts.replace(/\{.*\}/, "").split(",");
  return [
    ...whole
      .map((part) => part.trim())
      .filter((part) => part !== "")
      .map(wholeName),
    ...listed
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "" && !part.startsWith("type "))
      .map((part) => {
        const [name = "", local = name] = part.split(" as ");
        return { name, local };
      }),
  ];
}

function wholeName(part: string): ImportedName {
  const [, local = ""] = /^\* as (.+)$/.exec(part) ?? [];
  return local === "" ? { name: "default", local: part } : { name: "*", local };
}

/** Names that are taken out of what a loader of an SDK gives: `const { X } = await loadSdk()`. */
function namesLoaded(tokens: readonly Token[]): readonly string[] {
  return tokens.flatMap(({ text }, index) => {
    const isLoad = text === "await" && /^(?:load\w*|import)$/.test(tokens[index + 1]?.text ?? "");
    if (!isLoad || tokens[index - 1]?.text !== "=") return [];
    const before = tokens[index - 2];
    if (before?.kind === "word") return [before.text];
    const open = tokens.findLastIndex((token, at) => at < index && token.text === "{");
    return tokens
      .slice(open + 1, index - 2)
      .flatMap(({ kind, text: name }) => (kind === "word" ? [name] : []));
  });
}

function isMember(tokens: readonly Token[], index: number): boolean {
  return /^(?:\.|\?\.)$/.test(tokens[index - 1]?.text ?? "");
}

/** `X.a.b = …`, `X[a] += …`, `X.a.push(…)`. */
function isChangedAfter(tokens: readonly Token[], index: number): boolean {
  let at = index + 1;
  let last = "";
  for (;;) {
    const text = tokens[at]?.text ?? "";
    if (text === "." || text === "?.") {
      last = tokens[at + 1]?.text ?? "";
      at += 2;
    } else if (text === "[" && at > index) {
      at = closing(tokens, at) + 1;
      last = "[]";
    } else break;
  }
  if (last === "") return false;
  const next = tokens[at]?.text ?? "";
  return ASSIGNMENT.test(next) || (next === "(" && CHANGING_METHODS.has(last));
}

function closing(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at += 1) {
    if (tokens[at]?.text === "[") depth += 1;
    if (tokens[at]?.text === "]") depth -= 1;
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** `delete X.a`, `Object.assign(X.a, …)`. */
function isChangedBefore(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]?.text === "delete") return true;
  if (tokens[index - 1]?.text !== "(") return false;
  return CHANGING_FUNCTIONS.some(
    ([holder, name]) => tokens[index - 2]?.text === name && tokens[index - 4]?.text === holder,
  );
}

function says(tokens: readonly Token[], sequence: string): boolean {
  const words = sequence.split(" ");
  return tokens.some((_token, start) =>
    words.every((word, at) => tokens[start + at]?.text === word),
  );
}
