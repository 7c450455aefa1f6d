import type { AdapterSubject, Duties } from "./subject.ts";
import { failureOf, ids, launchedOne, launchOf, quiet, readText } from "./support.ts";

export function logDuties({ test, expect }: Duties): void {
  test("gives what the machine printed, whole or its last lines", async (subject) => {
    const { id } = await launchedOne(subject, { name: "printer" });
    const whole = subject.prints.join("");
    // The machine prints in its own time: follow it until it has, then everything is there.
    await readText(subject.adapter.logs(id, { follow: true, tail: null }, quiet()), whole);
    const read = (tail: number | null) =>
      readText(subject.adapter.logs(id, { follow: false, tail }, quiet()));
    expect(await read(null)).toBe(whole);
    expect(await read(1)).toBe(subject.prints.at(-1));
  });

  test("stops at the signal while it follows", async (subject) => {
    const { id } = await launchedOne(subject, { name: "printer" });
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

  test("fails for a machine that never was", async (subject) => {
    const logs = subject.adapter.logs(subject.unknownId, { follow: false, tail: null }, quiet());
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
    test(`${verb} does nothing once it is aborted, and says so`, async (subject) => {
      const failure = await failureOf(() => call(subject, AbortSignal.abort()));
      expect(failure).toMatchObject({ code: "CANCELLED", retry: "never" });
      expect(await subject.adapter.list(subject.owner, quiet())).toEqual([]);
    });

  test("terminate leaves the machine when it was aborted before it began", async (subject) => {
    const { id } = await launchedOne(subject, { name: "spared" });
    await failureOf(() => subject.adapter.terminate([id], AbortSignal.abort()));
    expect(ids(await subject.adapter.describe([id], quiet()))).toEqual([id]);
  });
}

export function closeDuties({ test, expect }: Duties): void {
  test("closing an adapter leaves its machines running for the next one", async (subject) => {
    const first = await subject.open();
    const [outcome] = await first.launch(launchOf(subject, { name: "lasting" }), quiet());
    await first.close();
    const machine = outcome?.outcome === "accepted" ? outcome.machine : null;
    expect(ids(await subject.adapter.list(subject.owner, quiet()))).toEqual([machine?.id]);
  });
}
