import { answerAtOnce } from "./answer-at-once.ts";
import { createProcessHost } from "./process-host.ts";

const words = process.argv.slice(2);
const host = createProcessHost(process);
// What is thrown where nobody waits for it would otherwise be a stack trace.
process.once("uncaughtException", (caught) => void leaveWithDefect(caught));
const answer = answerAtOnce(words);
if (answer === null) {
  const { runCommandLine } = await import("./run.ts");
  process.exitCode = await runCommandLine(words, host);
} else {
  await host.stdout.write(answer);
}
// What an interrupted command left open must not keep the process; everything that was printed has been handed on.
process.exit();

async function leaveWithDefect(caught: unknown): Promise<void> {
  const { reportDefect } = await import("./run.ts");
  process.exit(await reportDefect(caught, words, host));
}
