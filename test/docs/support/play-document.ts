import { readDocument } from "./documents.ts";
import type { PlayedCommand, TerminalSession } from "./terminal-session.ts";

/** Commands that were played, and the text of the document or block with their real output. */
export interface Played {
  readonly text: string;
  readonly commands: readonly PlayedCommand[];
}

/**
 * Plays the commands of a document's `console` blocks in a session, one after another.
 *
 * Output that differs only in times, ids, ports and columns, or where the document has `…`, is as the document shows it.
 */
export async function playDocument(name: string, session: TerminalSession): Promise<Played> {
  const texts: string[] = [];
  const commands: PlayedCommand[] = [];
  for (const part of readDocument(name).split(/^(```console\n.*?^```\n)/msu)) {
    const [, body] = /^```console\n(.*)```\n$/su.exec(part) ?? [];
    const block = body === undefined ? null : await playBlock(body, session);
    texts.push(block === null ? part : `\`\`\`console\n${block.text}\`\`\`\n`);
    commands.push(...(block?.commands ?? []));
  }
  return { text: texts.join(""), commands };
}

/** Plays the commands of one block. */
export async function playBlock(body: string, session: TerminalSession): Promise<Played> {
  const commands: PlayedCommand[] = [];
  const texts: string[] = [];
  for (const [, line = "", shown = ""] of body.matchAll(STEP)) {
    const command = await session.play(line, shown);
    commands.push(command);
    const output = isShown(command.output, shown) ? shown : withNewline(command.output);
    texts.push(`$ ${line}\n${output}`);
  }
  return { text: texts.join(""), commands };
}

/** A command, and the lines up to the next one. */
const STEP = /^\$ ([^\n]*)\n((?:(?!\$ )[^\n]*\n)*)/gmu;

function withNewline(output: string): string {
  return output === "" || output.endsWith("\n") ? output : `${output}\n`;
}

function isShown(output: string, shown: string): boolean {
  const pattern = masked(shown)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\n)*?" : `${line.split("…").map(escaped).join(".*")}\n`))
    .join("");
  return new RegExp(`^${pattern}$`, "u").test(`${masked(withNewline(output))}\n`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
}

/** Text without what differs in each run. */
function masked(text: string): string {
  return text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/gu, "TIME")
    .replaceAll(/127\.0\.0\.1:\d+/gu, "ADDRESS")
    .replaceAll(/\b\d+\.\d+\.\d+\.\d+\b/gu, "IP")
    .replaceAll(/\b(?:sha256:)?[0-9a-f]{12,64}\b/gu, "ID")
    .replaceAll(/\b\d+(?:\.\d+)?(?:ms|s|m)\b/gu, "AGE")
    .replaceAll(/ {2,}/gu, " ");
}
