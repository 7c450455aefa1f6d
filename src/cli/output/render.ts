import type { JsonValue } from "../../errors.ts";
import type { OutputFormat } from "../global-flag-list.ts";
import { plainYaml } from "./plain-yaml.ts";
import { isJsonObject } from "../../json/json-object.ts";
import { usageError } from "../arguments/flags.ts";
import { escapeInDocument, needsEscape, safeLine } from "../terminal-text.ts";

/** Settings of a table. */
export interface Display {
  readonly color: boolean;
  /** The width of the terminal; null (default) if standard output is not one. */
  readonly columns?: number | null;
  /** Whether long ids and times are shown in full, and further columns. */
  readonly wide: boolean;
  /** Milliseconds since the epoch, for ages. */
  readonly now: number;
}

/** The width that a table has to fit into; null for any, such as with `-o wide`. */
export function windowOf({ columns = null, wide }: Display): number | null {
  return wide ? null : columns;
}

/** A result to print. */
export interface View {
  /** The value for JSON and YAML, with field names in snake_case. */
  readonly value: JsonValue;
  /** Renders the table for people, ending in a newline. */
  readonly table: (display: Display) => string;
  /** The format if `--output` was not given. Default: a table on a terminal, otherwise YAML. */
  readonly format?: OutputFormat;
  /** Whether YAML is a stream with one document for each item of `value`, instead of one list. Default false. */
  readonly isStream?: boolean;
}

/** The output format if `--output` was not given. */
export function defaultFormat({ format }: View, isTerminal: boolean): OutputFormat {
  return format ?? (isTerminal ? "table" : "yaml");
}

/**
 * Renders a result as text, ending in a newline.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `USAGE` for names of a result that has none
 */
export async function render(
  view: View,
  format: OutputFormat,
  display: Omit<Display, "wide">,
): Promise<string> {
  switch (format) {
    case "json":
      return `${renderJson(view.value, 2)}\n`;
    case "table":
      return view.table({ ...display, wide: false });
    case "wide":
      return view.table({ ...display, wide: true });
    case "name":
      return namesOf(view.value);
    case "yaml":
      return view.isStream === true && Array.isArray(view.value)
        ? await renderYamlStream(view.value)
        : await renderYaml(view.value);
  }
}

/** Renders one of several results that are printed as they come: one line of JSON, or one document of YAML. */
export async function renderItem(
  view: View,
  format: OutputFormat,
  display: Omit<Display, "wide">,
): Promise<string> {
  switch (format) {
    case "json":
      return `${renderJson(view.value)}\n`;
    case "yaml":
      return `---\n${await renderYaml(view.value)}`;
    case "table":
    case "wide":
    case "name":
      return await render(view, format, display);
  }
}

/** Renders JSON whose strings are safe to print to a terminal. */
export function renderJson(value: JsonValue, indent = 0): string {
  return escapeInDocument(JSON.stringify(value, null, indent));
}

/** Renders YAML that YAML 1.1 and 1.2 parsers read alike (`yes` and `0400` are quoted), without anchors or folding. */
export async function renderYaml(value: JsonValue): Promise<string> {
  return plainYaml(value) ?? (await libraryYaml(value));
}

/** One name on each line, for other commands: the ids of spawns, the names of records. */
function namesOf(value: JsonValue): string {
  const items: readonly JsonValue[] = Array.isArray(value) ? value : [value];
  return items.map((item) => `${safeLine(nameOf(item))}\n`).join("");
}

function nameOf(item: JsonValue): string {
  const { spawn_id: id, name } = isJsonObject(item) ? item : {};
  if (typeof id === "string") return id;
  if (typeof name === "string") return name;
  throw usageError(
    "-o name: the result of this command has no names",
    "Use -o json, yaml, table or wide.",
  );
}

async function renderYamlStream(values: readonly JsonValue[]): Promise<string> {
  const documents: string[] = [];
  for (const value of values) documents.push(await renderYaml(value));
  return documents.join("---\n");
}

/** The same output as {@link renderYaml}, always written by the library. */
export async function libraryYaml(value: JsonValue): Promise<string> {
  const { Document, isScalar, Scalar, visit } = await import("yaml");
  const document = new Document(value, {
    aliasDuplicateObjects: false,
    compat: "yaml-1.1",
  });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === "string" && needsQuotes(node.value))
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escapeInDocument(document.toString({ lineWidth: 0 }));
}

/** A block scalar does not preserve lines that start or end with white space. */
const UNSTEADY_LINES = /^[ \t]|[ \t]\n|[ \t]$/;

function needsQuotes(text: string): boolean {
  return needsEscape(text) || (text.includes("\n") && UNSTEADY_LINES.test(text));
}
