import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { setInterval } from "node:timers/promises";

/** Names of the secrets that a text contains, in any encoding. */
export type SecretScan = (text: string) => readonly string[];

/**
 * Searches for secrets as plain text, escaped, in hexadecimal, and in base64 at any offset; for each of their lines; in
 * any letter case. It unescapes the text first, so that it is independent of the product's own search.
 */
export function scanFor(secrets: Readonly<Record<string, string>>): SecretScan {
  const spellings = Object.entries(secrets).map(
    ([name, value]) => [name, value.split(/[\n\0]/).flatMap((line) => encodingsOf(line))] as const,
  );
  return (text) => {
    const read = [...readings(text, 3)].map((one) => one.toLowerCase());
    return spellings.flatMap(([name, forms]) =>
      forms.some((form) => read.some((one) => one.includes(form))) ? [name] : [],
    );
  };
}

function encodingsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const base64 = [0, 1, 2].map((offset) => base64Within(bytes, offset));
  return [
    value,
    value.replaceAll(" ", "+"),
    // As decoded from a file's bytes.
    bytes.toString("latin1"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString("hex"),
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
  ].map((form) => form.toLowerCase());
}

/** The text, and its variants with up to `layers` layers of escapes undone. */
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

/** The part of the base64 text that does not depend on what surrounds the value, at this offset modulo 3. */
function base64Within(value: Uint8Array, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), value]).toString("base64");
  return text.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + value.length) * 4) / 3));
}

/** All bytes of all files in a folder, as text that preserves ASCII. */
export function everythingIn(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), "latin1")]),
  );
}

export interface ProcessList extends AsyncDisposable {
  /** Command lines and environments of all processes seen, except this one and those in containers. */
  readonly seen: ReadonlySet<string>;
}

/** Milliseconds: short against the life of any process, long against the duration of one scan. */
const INTERVAL = 50;

/** Scans the process list repeatedly, with root's permissions, until it is disposed of. */
export function watchProcesses(): ProcessList {
  const seen = new Set<string>();
  const stopping = new AbortController();
  const looking = scanProcesses(seen, stopping.signal);
  return {
    seen,
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await looking;
    },
  };
}

async function scanProcesses(seen: Set<string>, signal: AbortSignal): Promise<void> {
  // The environment of a container's processes contains its secrets; those processes have a pid namespace of their own.
  const here = readlinkSync("/proc/self/ns/pid");
  try {
    for await (const _ of setInterval(INTERVAL, null, { signal }))
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
        if (Number(pid) !== process.pid) for (const text of aboutProcess(pid, here)) seen.add(text);
  } catch (caught) {
    if (!signal.aborted) throw caught;
  }
}

/** Command line and environment; empty for a process in another namespace, or one that has ended. */
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
