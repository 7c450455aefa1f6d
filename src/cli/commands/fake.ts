import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { SlipwayError, invalidArgument } from "../../errors.ts";
import { parseDocument } from "../../json/document/parse-document.ts";
import type { CliContext } from "../context.ts";
import { CLOUDS } from "../help/proposals.ts";
import type { Cloud } from "../help/proposals.ts";
import { readLimited } from "../arguments/standard-input.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "../arguments/flags.ts";

interface FakeFlags {
  readonly port: number;
  readonly state?: string;
  readonly faults?: string;
}

interface StandIn extends AsyncDisposable {
  readonly url: string;
}

/** What a stand-in is started with; everything that may be refused is refused before it is. */
interface Settings {
  readonly port: number;
  /** The document of the faults file, as it was read. */
  readonly faults?: unknown;
  readonly stateFile?: string;
}

/** Runs a cloud's stand-in until the command is interrupted, which is its proper end. */
export async function fake(context: CliContext, flags: FakeFlags, word: string): Promise<void> {
  const { stdout, interrupt, workingDirectory } = context;
  const cloud = CLOUDS.find((candidate) => candidate === word);
  if (cloud === undefined)
    throw usageError(
      `there is no stand-in for ${quoted(word)}`,
      `The stand-ins are ${CLOUDS.join(", ")}.`,
    );
  const { port, state, faults } = flags;
  await using standIn = await START[cloud]({
    port,
    ...(faults === undefined ? {} : { faults: await readFaults(faults, workingDirectory) }),
    ...(state === undefined ? {} : { stateFile: resolve(workingDirectory, state) }),
  });
  await stdout.write(`listening on ${standIn.url}\n`);
  await interrupted(interrupt);
}

const START: Readonly<Record<Cloud, (settings: Settings) => Promise<StandIn>>> = {
  async ec2({ faults, ...settings }) {
    const { startEc2, parseEc2Faults } = await import("../../../testing/ec2/index.ts");
    return await startEc2({
      ...settings,
      ...RESIDENT,
      ...(faults === undefined ? {} : { faults: parseEc2Faults(faults) }),
    });
  },
  async gce({ faults, ...settings }) {
    const { startGce, parseGceFaults } = await import("../../../testing/gce/index.ts");
    return await startGce({
      ...settings,
      ...RESIDENT,
      ...(faults === undefined ? {} : { faults: parseGceFaults(faults) }),
    });
  },
};

/** Nobody asks a process for the requests that it has seen. */
const RESIDENT = { mostRequests: 0 } as const;

async function readFaults(file: string, from: string): Promise<unknown> {
  const what = `the faults file ${quoted(file, 256)}`;
  try {
    await using handle = await open(resolve(from, file), "r");
    const document = parseDocument(await readLimited(handle.createReadStream(), what));
    return document;
  } catch (caught) {
    if (caught instanceof SlipwayError) throw caught;
    const code = caught instanceof Error && "code" in caught ? ` (${String(caught.code)})` : "";
    throw invalidArgument(
      "INVALID_INPUT",
      `${what} cannot be read${code}`,
      "Name a file that is there and that you may read.",
    );
  }
}

function interrupted(interrupt: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (interrupt.aborted) done();
    else interrupt.addEventListener("abort", () => done(), { once: true });
  });
}
