import { resolve } from "node:path";
import { onAbort } from "../../async/cancellation.ts";
import { parseDocument } from "../../json/document/parse-document.ts";
import type { CliContext } from "../context.ts";
import { CLOUDS } from "../help/proposals.ts";
import type { Cloud } from "../help/proposals.ts";
import { readInputFile } from "../arguments/input-file.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "../arguments/flags.ts";
import { applySample, refuseForeignRecords } from "../sample-catalog.ts";
import { withSlipway } from "../session.ts";
import { appliedText } from "../views/applied-view.ts";
import { exportLines, resourcesText } from "../views/fake-view.ts";

interface FakeFlags {
  readonly port: number;
  readonly state?: string;
  readonly faults?: string;
  readonly apply: boolean;
}

interface FakeServer extends AsyncDisposable {
  readonly url: string;
}

/** Validated settings of a fake. */
interface Settings {
  readonly port: number;
  /** The parsed faults file; the fake validates it. */
  readonly faults?: unknown;
  readonly stateFile?: string;
}

/** Runs a cloud's fake until the command is interrupted, which is how it normally ends. */
export async function fake(context: CliContext, flags: FakeFlags, word: string): Promise<void> {
  const { stdout, interrupt, workingDirectory } = context;
  const cloud = CLOUDS.find((candidate) => candidate === word);
  if (cloud === undefined)
    throw usageError(
      `there is no fake for ${quoted(word)}`,
      `Available fakes: ${CLOUDS.join(", ")}.`,
    );
  const { port, state, faults, apply } = flags;
  const sample = await SAMPLES[cloud]();
  const catalogSample = { documents: sample.documents, author: `slipway fake ${cloud}` };
  // Refused before the start, which writes the state file.
  if (apply)
    await withSlipway(context, ({ catalog }) => refuseForeignRecords(catalog, catalogSample));
  await using server = await START[cloud]({
    port,
    ...(faults === undefined ? {} : { faults: await readFaults(context, faults) }),
    ...(state === undefined ? {} : { stateFile: resolve(workingDirectory, state) }),
  });
  const applied = apply
    ? await withSlipway(context, ({ catalog }) => applySample(catalog, catalogSample))
    : [];
  await stdout.write(`listening on ${server.url}\n`);
  const parts = [
    resourcesText(sample.resources),
    appliedText(applied),
    exportLines(sample.variables(server.url)),
  ];
  await stdout.write(parts.map((part) => (part === "" ? "" : `\n${part}`)).join(""));
  await waitForInterrupt(interrupt);
}

const START: Readonly<Record<Cloud, (settings: Settings) => Promise<FakeServer>>> = {
  async ec2({ faults, ...settings }) {
    const { startEc2, parseEc2Faults } = await import("../../../testing/ec2/index.ts");
    return await startEc2({
      ...settings,
      ...WITHOUT_REQUEST_LOG,
      ...(faults === undefined ? {} : { faults: parseEc2Faults(faults) }),
    });
  },
  async gce({ faults, ...settings }) {
    const { startGce, parseGceFaults } = await import("../../../testing/gce/index.ts");
    return await startGce({
      ...settings,
      ...WITHOUT_REQUEST_LOG,
      ...(faults === undefined ? {} : { faults: parseGceFaults(faults) }),
    });
  },
};

const SAMPLES = {
  ec2: async () => (await import("../../../testing/ec2/sample.ts")).ec2Sample(),
  gce: async () => (await import("../../../testing/gce/sample.ts")).gceSample(),
} as const;

/** The request log can only be read in process, so a fake with a process of its own keeps none. */
const WITHOUT_REQUEST_LOG = { maximumRequests: 0 } as const;

async function readFaults(context: CliContext, file: string): Promise<unknown> {
  const named = { file, from: context.workingDirectory };
  return parseDocument(await readInputFile("faults file", named, context.interrupt));
}

function waitForInterrupt(interrupt: AbortSignal): Promise<void> {
  return new Promise((end) => void onAbort(interrupt, end));
}
