import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { tokensOf } from "./tokens.ts";
import type { Token } from "./tokens.ts";

/** How one file names another. */
export interface ModuleImport {
  /** The specifier as written; null if it is computed and therefore unknown. */
  readonly specifier: string | null;
  /** The file within the repository, or null for a package or a Node module. */
  readonly file: string | null;
  /** `type`: erased at compile time. `lazy`: `import()` and similar. */
  readonly manner: "static" | "lazy" | "type";
}

export interface SourceModule {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly imports: readonly ModuleImport[];
  readonly tokens: readonly Token[];
}

export type Modules = ReadonlyMap<string, SourceModule>;

const LOADERS: ReadonlySet<string> = new Set(["require", "getBuiltinModule"]);

export function readModule(path: string, text: string): SourceModule {
  const tokens = tokensOf(path, text);
  const imports = tokens.flatMap((_token, index) => {
    const found = importAt(tokens, index);
    return found === null ? [] : [{ ...found, file: resolve(path, found.specifier) }];
  });
  return { path, imports, tokens };
}

/** Modules by path, parsed from texts. */
export function modulesOf(texts: Readonly<Record<string, string>>): Modules {
  return new Map(Object.entries(texts).map(([path, text]) => [path, readModule(path, text)]));
}

/** Every TypeScript file of these folders. @throws Error if a folder contains none: the walls would check nothing. */
export function readModules(root: string, folders: readonly string[]): Modules {
  const modules = new Map<string, SourceModule>();
  for (const folder of folders) {
    const before = modules.size;
    for (const entry of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!entry.endsWith(".ts")) continue;
      const path = posix.join(folder, entry.replaceAll("\\", "/"));
      modules.set(path, readModule(path, readFileSync(join(root, path), "utf8")));
    }
    if (modules.size === before) throw new Error(`${folder} holds no TypeScript file`);
  }
  return modules;
}

function importAt(tokens: readonly Token[], index: number): Omit<ModuleImport, "file"> | null {
  const token = tokens[index];
  const next = tokens[index + 1];
  if (token?.kind !== "word" || next === undefined) return null;
  const isMember = tokens[index - 1]?.text === ".";
  if (next.text === "(" && (LOADERS.has(token.text) || (token.text === "import" && !isMember)))
    return lazyImport(tokens, index);
  if (isMember || (token.text !== "import" && token.text !== "export")) return null;
  if (token.text === "import" && next.kind === "string")
    return { specifier: next.text, manner: "static" };
  return staticImport(tokens, index);
}

function lazyImport(tokens: readonly Token[], index: number): Omit<ModuleImport, "file"> {
  const named = tokens[index + 2];
  const closed = tokens[index + 3]?.text;
  const isLiteral = named?.kind === "string" && (closed === ")" || closed === ",");
  return { specifier: isLiteral ? named.text : null, manner: "lazy" };
}

/** `import … from "x"` and `export … from "x"`; null for an export without a source module. */
function staticImport(tokens: readonly Token[], index: number): Omit<ModuleImport, "file"> | null {
  const clause = tokens[index + 1]?.text === "type" ? index + 2 : index + 1;
  const manner = clause === index + 2 && tokens[clause]?.text !== "from" ? "type" : "static";
  const isExport = tokens[index]?.text === "export";
  const first = tokens[clause]?.text;
  if (isExport && first !== "{" && first !== "*") return null;
  // An import clause consists of names, commas, braces and stars only.
  for (let at = clause; at < tokens.length; at += 1) {
    const token = tokens[at];
    const source = tokens[at + 1];
    if (token?.text === "from" && source?.kind === "string")
      return { specifier: source.text, manner };
    const isClause =
      token?.kind === "word" || token?.kind === "string" || /^[{},*]$/.test(token?.text ?? "");
    const isOver = isExport && token?.text === "}" && source?.text !== "from";
    if (!isClause || isOver) return null;
  }
  return null;
}

function resolve(path: string, specifier: string | null): string | null {
  if (specifier === null || !specifier.startsWith(".")) return null;
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}
