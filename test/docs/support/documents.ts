import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..", "..");

/** A fenced block of a document. */
export interface Block {
  /** `docs/plan.md:12`, for messages. */
  readonly at: string;
  /** The first word after the fence. */
  readonly language: string;
  /** The words after the language: the kind of a record, the file of an example. */
  readonly subject: string;
  readonly text: string;
}

/** The paths of the README, of the security policy and of all documents in `docs`. */
export function documentNames(): readonly string[] {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  return ["README.md", "SECURITY.md", ...docs.map((name) => `docs/${name}`).toSorted()];
}

export function readDocument(name: string): string {
  return readFileSync(join(ROOT, name), "utf8");
}

/** The fenced blocks of a document, in order. */
function blocksOf(name: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly at: string; readonly info: string; readonly lines: string[] } | null = null;
  for (const [index, line] of readDocument(name).split("\n").entries()) {
    if (!line.startsWith("```")) {
      open?.lines.push(line);
    } else if (open === null) {
      open = { at: `${name}:${index + 1}`, info: line.slice(3).trim(), lines: [] };
    } else {
      const [language = "", ...subject] = open.info.split(" ");
      const text = `${open.lines.join("\n")}\n`;
      blocks.push({ at: open.at, language, subject: subject.join(" "), text });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${open.at}: the block has no end`);
  return blocks;
}

export function allBlocks(): readonly Block[] {
  return documentNames().flatMap(blocksOf);
}

/** A document without its fenced blocks. */
export function proseOf(name: string): string {
  return readDocument(name).replaceAll(/^```[^\n]*\n.*?^```$/gmsu, "");
}

/** The code spans of a document's prose. */
export function codeSpansOf(name: string): readonly string[] {
  return [...proseOf(name).matchAll(/`([^`\n]+)`/gu)].map(([, code = ""]) => code);
}

/** The rows of all tables below a heading (up to the next one), with trimmed cells and without header rows. */
export function tableRows(
  name: string,
  heading: string,
  level: "##" | "###" = "##",
): readonly (readonly string[])[] {
  const [, section] = readDocument(name).split(`\n${level} ${heading}\n`);
  if (section === undefined) throw new Error(`${name} has no heading "${heading}"`);
  const lines = (section.split(/\n#{2,3} /u)[0] ?? "").split("\n");
  return lines
    .filter((line, index) => line.startsWith("|") && !(lines[index + 1] ?? "").startsWith("| ---"))
    .filter((line) => !line.startsWith("| ---"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/u)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}
