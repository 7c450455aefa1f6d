import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { createSink } from "../../../../src/cli/output/sink.ts";

/** A stream on which every write fails with this code. */
function failing(code: string): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
  });
}

describe("createSink", () => {
  it("writes text and bytes", async () => {
    const stream = new PassThrough();
    const sink = createSink(stream);
    await sink.write("text ");
    await sink.write(new Uint8Array([0xff]));
    expect(stream.read()).toEqual(Buffer.concat([Buffer.from("text "), Buffer.from([0xff])]));
  });

  it("is not a terminal unless the stream is", () => {
    expect(createSink(new PassThrough())).toMatchObject({ isTerminal: false, columns: 80 });
    const sizeless = Object.assign(new PassThrough(), { isTTY: true, columns: 0 });
    expect(createSink(sizeless)).toMatchObject({ isTerminal: true, columns: 80 });
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 100 });
    expect(createSink(terminal)).toMatchObject({ isTerminal: true, columns: 100 });
  });

  it("treats a closed reader as the end, not as a failure", async () => {
    const sink = createSink(failing("EPIPE"));
    await sink.write("lost");
    expect(sink.closed.aborted).toBe(true);
    await sink.write("lost too");
  });

  it("fails if the text was lost for another reason", async () => {
    const sink = createSink(failing("ENOSPC"));
    await expect(sink.write("lost")).rejects.toMatchObject({
      code: "INTERNAL",
      message: "cannot write the output: ENOSPC",
    });
    expect(sink.closed.aborted).toBe(false);
  });
});
