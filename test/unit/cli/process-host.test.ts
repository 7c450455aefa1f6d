import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { createProcessHost } from "../../../src/cli/process-host.ts";

/** A process as far as a host looks at it, to be sent signals. */
function pretended() {
  const signals = new EventEmitter();
  const stream = { write: () => true, on: () => undefined };
  const host = createProcessHost({
    stdin: { [Symbol.asyncIterator]: async function* () {} },
    stdout: stream,
    stderr: stream,
    env: {},
    cwd: () => "/nowhere",
    once: (signal, listener) => signals.once(signal, listener),
  });
  return { host, send: (signal: string) => signals.emit(signal) };
}

describe("the host over a process", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"])("is interrupted by %s, once", (signal) => {
    const { host, send } = pretended();
    expect(host.interrupt.aborted).toBe(false);
    expect(send(signal)).toBe(true);
    expect(host.interrupt.aborted).toBe(true);
    // Nobody hears the second one: then the system ends the process.
    expect(send(signal)).toBe(false);
  });

  it("hears the next Ctrl-C where a command waits for it, and the one after that no more", () => {
    const { host, send } = pretended();
    send("SIGINT");
    const next = host.nextInterrupt();
    expect(next.aborted).toBe(false);
    expect(send("SIGINT")).toBe(true);
    expect(next.aborted).toBe(true);
    expect(send("SIGINT")).toBe(false);
  });
});
