import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";

/** Names of the secrets that a text holds, in whatever spelling. */
export type SecretScan = (text: string) => readonly string[];

/**
 * Looks for secrets as they are, escaped, in hexadecimal, and in base64 at any place; for each of their lines; in any
 * case of letters. It undoes the escapes of the text first, so that it knows nothing of how the product searches.
 */
export function scanFor(secrets: Readonly<Record<string, string>>): SecretScan {
  const spellings = Object.entries(secrets).map(
    ([name, value]) => [name, value.split(/[\n\0]/).flatMap((line) => spellingsOf(line))] as const,
  );
  return (text) => {
    const read = [...readings(text, 3)].map((one) => one.toLowerCase());
    return spellings.flatMap(([name, forms]) =>
      forms.some((form) => read.some((one) => one.includes(form))) ? [name] : [],
    );
  };
}

function spellingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => base64Within(bytes, offset));
  return [
    value,
    value.replaceAll(" ", "+"),
    // As it is read of a file's bytes.
    bytes.toString("latin1"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ].map((form) => form.toLowerCase());
}

/** The text, and what it reads as with escapes of up to so many layers undone. */
function readings(text: string, layers: number): ReadonlySet<string> {
  const inner = layers === 0 ? [] : UNDONE.map((undo) => undo(text)).filter((one) => one !== text);
  return new Set([text, ...inner.flatMap((one) => [...readings(one, layers - 1)])]);
}

const UNDONE: readonly ((text: string) => string)[] = [
  (text) =>
    text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) =>
      Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
    ),
  (text) =>
    text.replaceAll(/\\(?:u([0-9a-f]{4})|(["'\\/]))/gi, (_all, hex?: string, character?: string) =>
      hex === undefined ? (character ?? "") : String.fromCharCode(parseInt(hex, 16)),
    ),
  (text) =>
    text.replaceAll(/&#(\d{1,6});/g, (_all, code: string) => String.fromCodePoint(Number(code))),
];

/** What is the same in base64 whatever stands before the value (so many bytes beyond a multiple of 3) and behind it. */
function base64Within(value: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), value]).toString("base64");
  return text.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + value.length) * 4) / 3));
}

/** Every byte of every file in a folder, as text that keeps ASCII. */
export function everythingIn(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), "latin1")]),
  );
}

export interface ProcessList extends AsyncDisposable {
  /** Command lines and environments of all processes that were seen, but for this one and those in containers. */
  readonly seen: ReadonlySet<string>;
}

/** Milliseconds: short against the life of any process, long against the time of one look. */
const INTERVAL = 50;

/** Looks at the process list again and again, as root can, until it is let go of. */
export function watchProcesses(): ProcessList {
  const seen = new Set<string>();
  const stopping = new AbortController();
  const looking = look(seen, stopping.signal);
  return {
    seen,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking;
    },
  };
}

async function look(seen: Set<string>, signal: AbortSignal): Promise<void> {
  // What a container was given stands in the environment of its processes, which are in a namespace of their own.
  const here = readlinkSync("/proc/self/ns/pid");
  try {
    for await (const _ of setInterval(INTERVAL, null, { signal }))
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
        if (Number(pid) !== process.pid) for (const text of aboutProcess(pid, here)) seen.add(text);
  } catch (caught) {
    if (!signal.aborted) throw caught;
  }
}

/** Command line and environment; nothing of a process that is elsewhere, or gone by now. */
function aboutProcess(pid: string, namespace: string): readonly string[] {
  try {
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) return [];
    return ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "latin1"));
  } catch (caught) {
    if (caught instanceof Error && "code" in caught && GONE.has(String(caught.code))) return [];
    throw caught;
  }
}

const GONE: ReadonlySet<string> = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM"]);
