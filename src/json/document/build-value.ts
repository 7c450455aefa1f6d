/** Builds the value of a composed YAML document, and rejects everything that JSON could not represent. */
import { isAlias, isMap, isScalar, isSeq, type Document, type Node, type Scalar } from "yaml";
import type { JsonValue, SlipwayError } from "../../errors.ts";
import { quoteValue } from "./corrections.ts";
import { faultAt, LONGEST_SHOWN, mayBeSecret, positionAt } from "./position.ts";
import { SYNTAX_FAULTS } from "./syntax-faults.ts";

/** Limits after aliases are expanded: a few lines of anchors can expand to billions of nodes. */
const MOST_NODES = 50_000;
const MOST_CHARACTERS = 2 * 1024 * 1024;
/** Tags of YAML's core schema, which add nothing to the value. */
const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

interface Building {
  readonly text: string;
  /** The latest node of each anchor, in document order. */
  readonly anchors: Map<string, Node>;
  /** The collections being built: an alias to one of them would be infinite. */
  readonly open: Set<Node>;
  nodes: number;
  characters: number;
}

/** @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` with line and column */
export function buildValue(document: Document.Parsed, text: string): JsonValue {
  if (document.contents === null) return null;
  return build(document.contents, {
    text,
    anchors: new Map(),
    open: new Set(),
    nodes: 0,
    characters: 0,
  });
}

function build(node: unknown, building: Building): JsonValue {
  if (node === null) return null;
  if (isAlias(node)) return buildAlias(node, building);
  if (!isScalar(node) && !isMap(node) && !isSeq(node))
    throw new TypeError("the composer returned a node of an unknown kind");
  building.nodes += 1;
  if (isScalar(node) && typeof node.value === "string") building.characters += node.value.length;
  if (building.nodes > MOST_NODES || building.characters > MOST_CHARACTERS)
    throw fault(node, building, "anchors and aliases that expand to too many values");
  if (node.tag !== undefined && !CORE_TAG.test(node.tag))
    throw fault(node, building, SYNTAX_FAULTS.TAG_RESOLVE_FAILED);
  if (node.anchor !== undefined) building.anchors.set(node.anchor, node);
  if (isScalar(node)) return buildScalar(node, building);
  building.open.add(node);
  const value = isSeq(node)
    ? node.items.map((item) => build(item, building))
    : buildMap(node.items, building);
  building.open.delete(node);
  return value;
}

function buildAlias(alias: Node & { readonly source: string }, building: Building): JsonValue {
  const target = building.anchors.get(alias.source);
  if (target === undefined) throw missingAnchor(alias, building);
  if (building.open.has(target))
    throw fault(alias, building, "an alias to a value that contains it");
  return build(target, building);
}

/** A text that starts with an asterisk, such as a pattern, is an alias unless it is quoted. */
function missingAnchor(alias: Node, building: Building): SlipwayError {
  const { text, column } = positionAt(building.text, alias.range?.[0] ?? 0);
  const corrected = quoteValue(text);
  const isWholeValue = corrected?.startsWith(`${text.slice(0, column - 1)}"`) === true;
  const isShown = isWholeValue && text.length <= LONGEST_SHOWN && !mayBeSecret(building.text);
  const remedy = isShown ? `Write \`${corrected}\`.` : undefined;
  return fault(alias, building, "an alias without its anchor", remedy);
}

function buildMap(
  pairs: readonly { readonly key: unknown; readonly value: unknown }[],
  building: Building,
): JsonValue {
  const fields = new Map<string, JsonValue>();
  for (const { key, value } of pairs) {
    if (!isScalar(key) || typeof key.value !== "string")
      throw new TypeError("the composer accepted a key that is not a string");
    const name = key.value;
    if (!name.isWellFormed()) throw fault(key, building, "a lone surrogate");
    if (fields.has(name))
      throw fault(
        key,
        building,
        `the key ${quoted(name)} is given twice`,
        "Remove one of the two.",
      );
    if (name === "__proto__") throw fault(key, building, "the key __proto__ is not allowed");
    if (name === "<<") throw fault(key, building, "merge keys are not supported");
    fields.set(name, build(value, building));
  }
  return Object.fromEntries(fields);
}

function buildScalar(scalar: Scalar, building: Building): JsonValue {
  const { value } = scalar;
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw fault(scalar, building, "a lone surrogate");
    return value;
  }
  if (typeof value !== "number") throw new TypeError("the core schema has no such scalar");
  if (!Number.isFinite(value)) throw fault(scalar, building, "a number that is not finite");
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw fault(scalar, building, "a number beyond 2^53, which would lose digits: quote it");
  // Normalize -0, because canonical JSON has only one zero.
  return value === 0 ? 0 : value;
}

function quoted(name: string): string {
  return JSON.stringify(name.length > 100 ? `${name.slice(0, 100)}…` : name);
}

function fault(node: Node, building: Building, what: string, remedy?: string): SlipwayError {
  return faultAt(building.text, node.range?.[0] ?? 0, what, remedy);
}
