import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { createProcessHost } from "../../../src/cli/process-host.ts";

/** The part of a process that a host uses, and a way to send it signals. */
function fakeProcess() {
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

describe("the host of a process", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"])("is interrupted by %s, once", (signal) => {
    const { host, send } = fakeProcess();
    expect(host.interrupt.aborted).toBe(false);
    expect(send(signal)).toBe(true);
    expect(host.interrupt.aborted).toBe(true);
    // The second signal has no listener, so the system ends the process.
    expect(send(signal)).toBe(false);
  });

  it("catches the next Ctrl-C if a command waits for it, but not the one after that", () => {
    const { host, send } = fakeProcess();
    send("SIGINT");
    const next = host.nextInterrupt();
    expect(next.aborted).toBe(false);
    expect(send("SIGINT")).toBe(true);
    expect(next.aborted).toBe(true);
    expect(send("SIGINT")).toBe(false);
  });
});
