import { SymbolFlags } from "typescript/unstable/sync";
import type { Checker, Project, Symbol } from "typescript/unstable/sync";
import {
  isExpressionWithTypeArguments,
  isImportTypeNode,
  isTypeReferenceNode,
} from "typescript/unstable/ast/is";
import type { Node } from "typescript/unstable/ast";

/**
 * Finds the types that a public declaration names and that no entry exports. A program could not write such a type down.
 *
 * @param project of declaration files, whose root files are the entries
 * @returns one line for each type, with a declaration that names it
 */
export function unexportedTypes(project: Project): readonly string[] {
  const exported = new Map(
    project.rootFiles.flatMap((file) => exportsOf(project, file)).map((one) => [one.id, one]),
  );
  const found = new Map<string, string>();
  for (const symbol of exported.values())
    for (const named of typesNamedBy(project, symbol))
      if (!exported.has(named.id) && !found.has(named.name)) found.set(named.name, symbol.name);
  return [...found].map(([name, by]) => `${name}, in the declaration of ${by}`).toSorted();
}

function exportsOf({ program, checker }: Project, file: string): readonly Symbol[] {
  const source = program.getSourceFile(file);
  const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source);
  if (symbol === undefined) throw new Error(`${file} is not a module of the program`);
  return checker.getExportsOfModule(symbol).map((one) => original(checker, one));
}

function original(checker: Checker, symbol: Symbol): Symbol {
  return (symbol.flags & SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol);
}

/** The package's own types in the declarations of a symbol, at every depth. */
function typesNamedBy(project: Project, symbol: Symbol): readonly Symbol[] {
  const names = symbol.declarations.flatMap((handle) => {
    const declaration = handle.resolve(project);
    return declaration === undefined ? [] : typeNames(declaration);
  });
  return project.checker
    .getSymbolAtLocation(names)
    .flatMap((named) => (named === undefined ? [] : [original(project.checker, named)]))
    .filter((named) => (named.flags & SymbolFlags.TypeParameter) === 0 && isOwn(named));
}

function isOwn({ declarations }: Symbol): boolean {
  return declarations.some(({ path }) => !path.includes("/node_modules/") && !isLibrary(path));
}

/** The compiler's own declarations, such as that of `Promise`. */
function isLibrary(path: string): boolean {
  return /\/lib\.[^/]*\.d\.ts$/u.test(path) || path.startsWith("bundled:");
}

function typeNames(node: Node): readonly Node[] {
  const own = nameIn(node);
  const names: Node[] = own === undefined ? [] : [own];
  node.forEachChild((child) => {
    names.push(...typeNames(child));
  });
  return names;
}

/** The name of the type to which the node refers. */
function nameIn(node: Node): Node | undefined {
  if (isTypeReferenceNode(node)) return node.typeName;
  if (isExpressionWithTypeArguments(node)) return node.expression;
  return isImportTypeNode(node) ? node.qualifier : undefined;
}
