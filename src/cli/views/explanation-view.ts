import type { JsonValue } from "../../errors.ts";
import { documentOf } from "../explain/documents.ts";
import type { Explanation } from "../explain/explain-field.ts";
import type { View } from "../output/render.ts";
import { renderYaml } from "../output/render.ts";
import { joinParts, renderFields } from "../output/table.ts";
import { wrapLine } from "../output/wrap.ts";

export interface ExplanationOptions {
  /** Whether the fields of fields are listed too, without their descriptions. */
  readonly recursive: boolean;
  /** The width of the text. */
  readonly columns: number;
}

const INDENT = "  ";
/** Wider lines are hard to read. */
const WIDEST = 100;

/** An explanation as a text, and as the part of the JSON Schema for programs. */
export async function viewExplanation(
  explained: Explanation,
  { recursive, columns }: ExplanationOptions,
): Promise<View> {
  const width = Math.min(columns, WIDEST);
  const example = await exampleText(explained);
  const fields = recursive ? treeText(explained, "") : fieldsText(explained, width);
  return {
    value: explained.schema,
    format: "table",
    table: () =>
      joinParts([
        `${explained.path}  ${typeText(explained)}\n`,
        paragraph(explained.description ?? "", "", width),
        factsText(explained),
        example === "" ? "" : `EXAMPLE\n${indented(example)}`,
        fields === "" ? "" : `FIELDS\n${fields}`,
      ]),
  };
}

function typeText({ type, isRequired }: Explanation): string {
  return isRequired === true ? `<${type}> required` : `<${type}>`;
}

function factsText({ default: standard, choices, bounds, pattern, path }: Explanation): string {
  return renderFields([
    ["DEFAULT", standard === undefined ? null : inLine(standard)],
    ["CHOICES", choices.length === 0 ? null : choices.map(inLine).join(", ")],
    ["BOUNDS", bounds],
    ["PATTERN", pattern],
    ["SOURCE", documentOf(path)],
  ]);
}

function inLine(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A field's example as it stands in a record. */
async function exampleText({ example, isRequired, name }: Explanation): Promise<string> {
  if (example === undefined) return "";
  return await renderYaml(isRequired === null ? example : { [name]: example });
}

function fieldsText({ fields }: Explanation, width: number): string {
  return fields
    .map((field) => {
      const standard = field.default === undefined ? "" : `, default ${inLine(field.default)}`;
      const head = `${INDENT}${field.name}  ${typeText(field)}${standard}`;
      const lines = wrapLine(head, width, INDENT + INDENT).map((line) => `${line}\n`);
      return lines.join("") + paragraph(field.description ?? "", INDENT + INDENT, width);
    })
    .join("");
}

function treeText({ fields }: Explanation, indent: string): string {
  return fields
    .map((field) => {
      const own = `${indent}${INDENT}${field.name}  ${typeText(field)}\n`;
      return own + treeText(field, indent + INDENT);
    })
    .join("");
}

function paragraph(text: string, indent: string, width: number): string {
  if (text === "") return "";
  const lines = wrapLine(`${indent}${text}`, width, indent);
  return lines.map((line) => `${line}\n`).join("");
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gmu, INDENT);
}
