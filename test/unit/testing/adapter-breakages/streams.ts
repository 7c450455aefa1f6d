import type { MachineAccess, SubstrateAdapter } from "../../../../src/substrate/contract.ts";
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

const runs: MachineAccess = {
  kind: "exec",
  exec: () => Promise.resolve(0),
  publishedHost: () => Promise.resolve("127.0.0.1"),
};

/** Ways to break `logs`, `access`, the signal and `close`. */
export const streamBreakages: readonly Breakage[] = [
  [
    "ignores the requested number of lines",
    "logs: returns the whole output of the machine",
    (good) => ({
      logs: (id, request, signal) => good.logs(id, { ...request, tail: null }, signal),
    }),
  ],
  [
    "ends without an error when it is aborted",
    "logs: stops following when the signal is aborted",
    (good) => ({
      logs: (id, request, signal) => good.logs(id, { ...request, follow: false }, signal),
    }),
  ],
  [
    "returns no output for a machine that never existed",
    "logs: fails for a machine that never existed",
    () => ({
      async *logs() {
        yield await Promise.resolve(new Uint8Array());
      },
    }),
  ],
  [
    "runs commands in a machine that never existed",
    "access: runs no command in a machine that never existed",
    () => ({ access: runs }),
  ],
  [
    "runs commands despite an aborted signal",
    "access: runs no command when its signal is already aborted",
    () => ({ access: runs }),
  ],
  [
    "names commands without the machine",
    "access: names commands that lead to the machine",
    () => ({ access: { kind: "commands", commands: () => [["ssh"]] } }),
  ],
  [
    "launches despite an aborted signal",
    "signal: launch does nothing when its signal is already aborted",
    (good) => ({
      launch: async (launch, signal) => {
        const outcomes = await good.launch(launch, new AbortController().signal);
        signal.throwIfAborted();
        return outcomes;
      },
    }),
  ],
  [
    "terminates despite an aborted signal",
    "signal: terminate with an aborted signal does not terminate the machine",
    (good) => ({
      terminate: async (ids, signal) => {
        await good.terminate(ids, new AbortController().signal);
        return good.terminate(ids, signal);
      },
    }),
  ],
  ...Object.entries(rawFailures).map(([verb, broken]): Breakage => [
    `throws a foreign error from ${verb}`,
    `signal: ${verb} does nothing when its signal is already aborted`,
    () => broken,
  ]),
  [
    "terminates its machines when it is closed",
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
