import { answerAtOnce } from "./answer-at-once.ts";
import { terminalColumns } from "./output/sink.ts";
import { createProcessHost } from "./process-host.ts";
import { takeStrayOutput } from "./stray-output.ts";

/** Runs the command line of this process, then ends the process. */
export async function runProcess(own: NodeJS.Process): Promise<void> {
  const words = own.argv.slice(2);
  const host = createProcessHost(own);
  const warnOf = async (message: string): Promise<void> => {
    const { reportWarning } = await import("./run.ts");
    reportWarning(message, words, host);
  };
  takeStrayOutput(own, console, (message) => void warnOf(message));
  const endWithDefect = async (caught: unknown): Promise<void> => {
    const { reportDefect } = await import("./run.ts");
    own.exit(await reportDefect(caught, words, host));
  };
  // An uncaught exception would otherwise print a stack trace.
  own.once("uncaughtException", (caught) => void endWithDefect(caught));
  const answer = answerAtOnce(words, terminalColumns(host.stdout));
  if (answer === null) {
    const { runCommandLine } = await import("./run.ts");
    own.exitCode = await runCommandLine(words, host);
  } else {
    await host.stdout.write(answer);
  }
  // Handles that an interrupted command left open must not keep the process alive. All output has been written.
  own.exit();
}
