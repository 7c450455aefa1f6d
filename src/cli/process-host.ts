import type { Host } from "./context.ts";
import { createSink } from "./output/sink.ts";
import type { WritableStreamLike } from "./output/sink.ts";

const GRACE_PERIOD = 5_000;

/** The part of Node's `process` that a host uses. */
export interface HostProcess {
  readonly stdin: Host["stdin"];
  readonly stdout: WritableStreamLike;
  readonly stderr: WritableStreamLike;
  readonly env: Host["environment"];
  readonly cwd: () => string;
  readonly once: (signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void) => unknown;
}

/** Creates the host of a real process. Standard input is not opened until a command reads it. */
export function createProcessHost(own: HostProcess): Host {
  const stdout = createSink(own.stdout);
  const stderr = createSink(own.stderr);
  const interrupt = interruptOf(own);
  return {
    get stdin() {
      return own.stdin;
    },
    openHiddenInput: async () => {
      const { openHiddenInput } = await import("./arguments/hidden-input.ts");
      return openHiddenInput({ stdin: own.stdin, stdout, stderr, interrupt });
    },
    stdout,
    stderr,
    openTerminal: async () => {
      const { openOwnTerminal } = await import("./own-terminal.ts");
      return openOwnTerminal(own);
    },
    environment: own.env,
    workingDirectory: own.cwd(),
    interrupt,
    nextInterrupt: () => nextInterruptOf(own),
    gracePeriod: GRACE_PERIOD,
    openSlipway: async (composition) => {
      const { composeSlipway } = await import("./compose.ts");
      return await composeSlipway(composition);
    },
    diagnose: async (composition, options) => {
      const { composeDiagnosis } = await import("./compose.ts");
      return await composeDiagnosis(composition, options);
    },
  };
}

/** Aborted by the first signal. The listeners are removed then, so a second signal ends the process. */
function interruptOf(own: HostProcess): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    own.once(signal, () => interrupt.abort());
  return interrupt.signal;
}

function nextInterruptOf(own: HostProcess): AbortSignal {
  const next = new AbortController();
  own.once("SIGINT", () => next.abort());
  return next.signal;
}
