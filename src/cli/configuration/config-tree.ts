/** A configuration file as a tree, which keeps its comments and the place of each field. */
import { isMap, isNode, isScalar, parseDocument } from "yaml";
import type { Document } from "yaml";

/** Parses a text that {@link parseConfiguration} accepts. */
export function parseTree(text: string): Document {
  return parseDocument(text, { version: "1.2", merge: false, stringKeys: true });
}

/** The offset of a field, or of its value. */
export function offsetIn(
  document: Document,
  path: readonly string[],
  part: "key" | "value",
): number {
  const parent = path.length < 2 ? document.contents : document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
    : undefined;
  const nodes = part === "value" ? [pair?.value, pair?.key] : [pair?.key];
  return rangeStart([...nodes, document.contents]);
}

function rangeStart(nodes: readonly unknown[]): number {
  for (const node of nodes)
    if (typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)) {
      const start: unknown = node.range[0];
      if (typeof start === "number") return start;
    }
  return 0;
}

/** Fields of a context as they are written in the file; null removes one. */
export type ContextChanges = Readonly<
  Partial<Record<"database" | "key_file" | "tenant" | "default_output", string | null>>
>;

/** Changes fields of a context, which is created if it does not exist. Comments stay. */
export function withContext(text: string, name: string, changes: ContextChanges): string {
  return edited(text, (document) => {
    makeMap(document, ["contexts"]);
    makeMap(document, ["contexts", name]);
    for (const [field, value] of Object.entries(changes)) {
      if (value === null) document.deleteIn(["contexts", name, field]);
      else document.setIn(["contexts", name, field], value);
    }
  });
}

export function withoutContext(text: string, name: string): string {
  return edited(text, (document) => document.deleteIn(["contexts", name]));
}

/** Sets the current context, or unsets it. */
export function withCurrentContext(text: string, name: string | null): string {
  return edited(text, (document) => {
    if (name === null) document.delete("current_context");
    else document.set("current_context", name);
  });
}

function edited(text: string, change: (document: Document) => unknown): string {
  const document = parseTree(text);
  if (document.contents === null) document.contents = document.createNode({});
  change(document);
  return document.toString({ lineWidth: 0 });
}

/** Replaces a value that is left out or an alias by a map with the same fields. */
function makeMap(document: Document, path: readonly string[]): void {
  const node = document.getIn(path, true);
  if (isMap(node)) return;
  const value: unknown = isNode(node) ? node.toJS(document) : null;
  document.setIn(path, document.createNode(value ?? {}));
}
