import type { AdapterSubject, Duties } from "./subject.ts";
import {
  failureOf,
  machineIds,
  launchMachine,
  launchOf,
  neverAborted,
  readText,
} from "./support.ts";

export function logDuties({ test, expect }: Duties): void {
  test("returns the whole output of the machine, or its last lines", async (subject) => {
    const { id } = await launchMachine(subject, { name: "printer" });
    const whole = subject.prints.join("");
    // The machine prints asynchronously: follow the log until the whole output has arrived.
    await readText(subject.adapter.logs(id, { follow: true, tail: null }, neverAborted()), whole);
    const read = (tail: number | null) =>
      readText(subject.adapter.logs(id, { follow: false, tail }, neverAborted()));
    expect(await read(null)).toBe(whole);
    expect(await read(1)).toBe(subject.prints.at(-1));
  });

  test("stops following when the signal is aborted", async (subject) => {
    const { id } = await launchMachine(subject, { name: "printer" });
    const controller = new AbortController();
    const logs = subject.adapter.logs(id, { follow: true, tail: null }, controller.signal);
    const pieces = logs[Symbol.asyncIterator]();
    await pieces.next();
    controller.abort();
    const drain = async (): Promise<void> => {
      while ((await pieces.next()).done !== true);
    };
    expect((await failureOf(drain)).code).toBe("CANCELLED");
  });

  test("fails for a machine that never existed", async (subject) => {
    const logs = subject.adapter.logs(
      subject.unknownId,
      { follow: false, tail: null },
      neverAborted(),
    );
    expect(await failureOf(() => readText(logs))).toMatchObject({
      code: "NOT_FOUND",
      reason: "MACHINE_NOT_FOUND",
    });
  });
}

export function cancellationDuties({ test, expect }: Duties): void {
  const verbs: Record<string, (subject: AdapterSubject, signal: AbortSignal) => Promise<unknown>> =
    {
      inspectImage: ({ adapter, image, imageTarget }, signal) =>
        adapter.inspectImage(image, imageTarget, signal),
      preflight: ({ adapter, plan, facts }, signal) => adapter.preflight(plan, facts, signal),
      launch: (subject, signal) => subject.adapter.launch(launchOf(subject, { name: "x" }), signal),
      describe: ({ adapter, unknownId }, signal) => adapter.describe([unknownId], signal),
      terminate: ({ adapter, unknownId }, signal) => adapter.terminate([unknownId], signal),
      list: ({ adapter, owner }, signal) => adapter.list(owner, signal),
      logs: ({ adapter, unknownId }, signal) =>
        readText(adapter.logs(unknownId, { follow: false, tail: null }, signal)),
    };
  for (const [verb, call] of Object.entries(verbs))
    test(`${verb} does nothing when its signal is already aborted, and throws CANCELLED`, async (subject) => {
      const failure = await failureOf(() => call(subject, AbortSignal.abort()));
      expect(failure).toMatchObject({ code: "CANCELLED", retry: "never" });
      expect(await subject.adapter.list(subject.owner, neverAborted())).toEqual([]);
    });

  test("terminate with an aborted signal does not terminate the machine", async (subject) => {
    const { id } = await launchMachine(subject, { name: "spared" });
    await failureOf(() => subject.adapter.terminate([id], AbortSignal.abort()));
    expect(machineIds(await subject.adapter.describe([id], neverAborted()))).toEqual([id]);
  });
}

export function closeDuties({ test, expect }: Duties): void {
  test("closing an adapter leaves its machines running", async (subject) => {
    const first = await subject.open();
    const [outcome] = await first.launch(launchOf(subject, { name: "lasting" }), neverAborted());
    await first.close();
    const machine = outcome?.outcome === "accepted" ? outcome.machine : null;
    expect(machineIds(await subject.adapter.list(subject.owner, neverAborted()))).toEqual([
      machine?.id,
    ]);
  });
}
