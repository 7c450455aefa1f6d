import type { SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import type { Breakage } from "./breakage.ts";

const raw = () => Promise.reject(new DOMException("This operation was aborted", "AbortError"));
const rawFailures: Readonly<Record<string, Partial<SubstrateAdapter>>> = {
  inspectImage: { inspectImage: raw },
  preflight: { preflight: raw },
  launch: { launch: raw },
  describe: { describe: raw },
  terminate: { terminate: raw },
  list: { list: raw },
  logs: {
    async *logs() {
      yield await raw();
    },
  },
};

/** Ways to break `logs`, the signal and `close`. */
export const streamBreakages: readonly Breakage[] = [
  [
    "takes no notice of the last lines asked for",
    "logs: gives what the machine printed",
    (good) => ({
      logs: (id, request, signal) => good.logs(id, { ...request, tail: null }, signal),
    }),
  ],
  [
    "ends quietly when it is aborted",
    "logs: stops at the signal while it follows",
    (good) => ({
      logs: (id, request, signal) => good.logs(id, { ...request, follow: false }, signal),
    }),
  ],
  [
    "prints nothing for a machine that never was",
    "logs: fails for a machine that never was",
    () => ({
      async *logs() {
        yield await Promise.resolve(new Uint8Array());
      },
    }),
  ],
  [
    "launches although it was aborted",
    "signal: launch does nothing once it is aborted",
    (good) => ({
      launch: async (launch, signal) => {
        const outcomes = await good.launch(launch, new AbortController().signal);
        signal.throwIfAborted();
        return outcomes;
      },
    }),
  ],
  [
    "terminates although it was aborted",
    "signal: terminate leaves the machine",
    (good) => ({
      terminate: async (ids, signal) => {
        await good.terminate(ids, new AbortController().signal);
        return good.terminate(ids, signal);
      },
    }),
  ],
  ...Object.entries(rawFailures).map(([verb, broken]): Breakage => [
    `throws what is no error of ours from ${verb}`,
    `signal: ${verb} does nothing once it is aborted`,
    () => broken,
  ]),
  [
    "ends its machines when it is closed",
    "close: closing an adapter leaves its machines running",
    (good, subject) => ({
      close: async () => {
        const quiet = new AbortController().signal;
        const machines = await good.list(subject.owner, quiet);
        await good.terminate(
          machines.map(({ id }) => id),
          quiet,
        );
        await good.close();
      },
    }),
  ],
];
