import { readDocument } from "./documents.ts";
import type { PlayedCommand, TerminalSession } from "./terminal-session.ts";

/** Commands that were played, and the text of the document or block with their real output. */
export interface Played {
  readonly text: string;
  readonly commands: readonly PlayedCommand[];
}

export interface PlayedBlock extends Played {
  /** What the document writes after the fence. */
  readonly info: string;
}

/**
 * Plays the commands of a document's `console` blocks in a session, one after another.
 *
 * Output that differs only in times, ids, ports and columns, in reminders of a slow machine, or where the document has `…`,
 * is as the document shows it.
 */
export async function playDocument(
  name: string,
  session: TerminalSession,
): Promise<Played & { readonly blocks: readonly PlayedBlock[] }> {
  const texts: string[] = [];
  const blocks: PlayedBlock[] = [];
  for (const part of readDocument(name).split(/^(```console[^\n]*\n.*?^```\n)/msu)) {
    const [, info = "", body] = /^```(console[^\n]*)\n(.*)```\n$/su.exec(part) ?? [];
    const block = body === undefined ? null : await playBlock(body, session);
    texts.push(block === null ? part : `\`\`\`${info}\n${block.text}\`\`\`\n`);
    if (block !== null) blocks.push({ info, ...block });
  }
  const commands = blocks.flatMap((block) => block.commands);
  return { text: texts.join(""), commands, blocks };
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
  const lasting = masked(withNewline(output)).replaceAll(REMINDER, "");
  return new RegExp(`^${pattern}$`, "u").test(`${lasting}\n`);
}

/** What a command prints while it waits for longer than a document's reader would. */
const REMINDER = /^(?:resolving (?:the )?workspace|waiting for the)(?: [^:\n]+)?\n/gmu;

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
