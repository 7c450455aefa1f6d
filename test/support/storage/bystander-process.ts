/**
 * A process that only measures the delay of its own event loop, between two lines on standard input: any delay is caused
 * by the machine. Prints the longest delay, in milliseconds.
 */
import { once } from "node:events";
import { monitorEventLoopDelay } from "node:perf_hooks";

process.stdout.write("ready\n");
await once(process.stdin, "data");
const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
await once(process.stdin, "end");
delay.disable();
process.stdout.write(`${delay.max / 1_000_000}\n`);
