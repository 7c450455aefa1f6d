import type { JsonValue } from "../../errors.ts";
import type { OutputFormat } from "../global-flag-list.ts";
import { plainYaml } from "./plain-yaml.ts";
import { escapeInDocument, needsEscape } from "../terminal-text.ts";

/** A result on its way out: the value in the printed spelling, and how people are shown it. */
export interface View {
  readonly value: JsonValue;
  /** The table's text, ending in a line feed. */
  readonly table: () => string;
}

/** The form in which a result is printed when none was asked for. */
export function defaultFormat(value: JsonValue, isTerminal: boolean): OutputFormat {
  return Array.isArray(value) && isTerminal ? "table" : "yaml";
}

/** A result as text, ending in a line feed. */
export async function render(view: View, format: OutputFormat): Promise<string> {
  switch (format) {
    case "json":
      return `${renderJson(view.value, 2)}\n`;
    case "table":
      return view.table();
    case "yaml":
      return renderYaml(view.value);
  }
}

/** JSON whose strings are safe on a terminal. */
export function renderJson(value: JsonValue, indent = 0): string {
  return escapeInDocument(JSON.stringify(value, null, indent));
}

/** YAML that YAML 1.1 readers understand alike (`yes` and `0400` in quotes), without anchors and without folding. */
export async function renderYaml(value: JsonValue): Promise<string> {
  return plainYaml(value) ?? (await libraryYaml(value));
}

/** As {@link renderYaml} writes it, by the library alone. */
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

/** Lines that begin or end with white space are read back otherwise than they were written as a block. */
const UNSTEADY_LINES = /^[ \t]|[ \t]\n|[ \t]$/;

function needsQuotes(text: string): boolean {
  return needsEscape(text) || (text.includes("\n") && UNSTEADY_LINES.test(text));
}
