import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer } from "node:net";
import { devNull } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import {
  isAbsent,
  readInput,
  readRegularFile,
  refuseEndlessFile,
  whyUnreadable,
} from "../../../src/host/read-file.ts";
import { makePipe } from "../../support/pipe.ts";
import { scratchFolder } from "../../support/scratch.ts";

const forever = new AbortController().signal;

async function whyNot(reading: Promise<unknown>): Promise<string> {
  return await reading.then(
    () => "it was read",
    (caught: unknown) => whyUnreadable(caught),
  );
}

async function textOf(input: AsyncIterable<Uint8Array>): Promise<string> {
  return Buffer.concat(await Array.fromAsync(input)).toString("utf8");
}

/** Something at `path` that is not a regular file, by its name in messages. */
const IRREGULAR: readonly (readonly [string, (path: string) => void])[] = [
  ["a folder", (path) => mkdirSync(path)],
  ["a pipe", makePipe],
  ["a pipe", (path) => symlinkSync(makePipe(`${path}.pipe`), path)],
  ["a device", (path) => symlinkSync("/dev/zero", path)],
];

describe("readRegularFile", () => {
  it("reads a file, by a link to it too", async () => {
    using folder = scratchFolder();
    const file = join(folder.path, "file");
    writeFileSync(file, "text");
    symlinkSync(file, join(folder.path, "link"));
    expect((await readRegularFile(file, 4)).toString()).toBe("text");
    expect((await readRegularFile(join(folder.path, "link"), 4)).toString()).toBe("text");
  });

  it.each(IRREGULAR)("refuses %s without waiting for it", async (kind, make) => {
    using folder = scratchFolder();
    const path = join(folder.path, "file");
    make(path);
    expect(await whyNot(readRegularFile(path, 10))).toBe(`it is ${kind}, not a regular file`);
  });

  it("refuses a socket", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "socket");
    const server = createServer().listen(path);
    await once(server, "listening");
    expect(await whyNot(readRegularFile(path, 10))).toContain("a socket");
    server.close();
  });

  it("reads no more than its limit, even if the file grows or reports no size", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "file");
    writeFileSync(path, "text");
    expect(await whyNot(readRegularFile(path, 3))).toBe("it is larger than 3 bytes");
    const grown = readRegularFile(path, 4, () => appendFileSync(path, "more"));
    expect(await whyNot(grown)).toBe("it is larger than 4 bytes");
    expect(await whyNot(readRegularFile("/proc/self/environ", 3))).toBe(
      "it is larger than 3 bytes",
    );
    expect((await readRegularFile("/proc/self/comm", 100)).byteLength).toBeGreaterThan(0);
  });

  it("lets its caller judge the opened file", async () => {
    using folder = scratchFolder();
    const path = join(folder.path, "file");
    writeFileSync(path, "text", { mode: 0o640 });
    const refusal = new Error("readable by others");
    const judged = readRegularFile(path, 10, ({ mode }) => {
      if ((mode & 0o077) !== 0) throw refusal;
    });
    await expect(judged).rejects.toBe(refusal);
  });
});

describe("readInput", () => {
  it("reads a regular file", async () => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "file"), "text");
    expect(await textOf(readInput(join(folder.path, "file"), forever))).toBe("text");
  });

  it("waits for a pipe's writer, and reads until it has closed the pipe", async () => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "pipe"));
    const reading = textOf(readInput(path, forever));
    const writer = await open(path, "w");
    await writer.write("first ");
    await writer.write("second");
    await writer.close();
    expect(await reading).toBe("first second");
  });

  it("stops waiting for a writer with its signal", async () => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "pipe"));
    const controller = new AbortController();
    const reading = textOf(readInput(path, controller.signal));
    controller.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });

  it("refuses a device, however it is named", async () => {
    expect(await whyNot(textOf(readInput("/dev/zero", forever)))).toContain("a device");
  });
});

describe("refuseEndlessFile", () => {
  it("accepts a regular file, none at all, and the null device", async () => {
    using folder = scratchFolder();
    writeFileSync(join(folder.path, "file"), "");
    for (const path of [join(folder.path, "file"), join(folder.path, "none"), devNull])
      await expect(refuseEndlessFile(path)).resolves.toBeUndefined();
  });

  it("leaves a file that cannot be opened to the library", async () => {
    using folder = scratchFolder();
    symlinkSync("loop", join(folder.path, "loop"));
    await expect(refuseEndlessFile(join(folder.path, "loop"))).resolves.toBeUndefined();
  });

  it.each(IRREGULAR)("refuses %s", async (kind, make) => {
    using folder = scratchFolder();
    const path = join(folder.path, "file");
    make(path);
    expect(await whyNot(refuseEndlessFile(path))).toBe(`it is ${kind}, not a regular file`);
  });
});

describe("refuseEndlessFile, for a sparse file", () => {
  it.each([
    [16 * 1024 ** 2, "it was read"],
    [16 * 1024 ** 2 + 1, "it is larger than 16777216 bytes"],
    [1024 ** 4, "it is larger than 16777216 bytes"],
  ])("of %d bytes", async (size, why) => {
    using folder = scratchFolder();
    const path = join(folder.path, "file");
    writeFileSync(path, "");
    truncateSync(path, size);
    expect(await whyNot(refuseEndlessFile(path))).toBe(why);
  });
});

describe("whyUnreadable", () => {
  it("is explained in words, with the system's error code", async () => {
    using folder = scratchFolder();
    const absent = await readRegularFile(join(folder.path, "none"), 1).catch((caught) => caught);
    expect(isAbsent(absent)).toBe(true);
    expect(whyUnreadable(absent)).toBe("it does not exist (ENOENT)");
    expect(whyUnreadable(Object.assign(new Error("io"), { code: "EIO" }))).toBe("EIO");
  });

  it("is not invented for a defect", () => {
    expect(() => whyUnreadable(new TypeError("defect"))).toThrow("defect");
    expect(isAbsent(new TypeError("defect"))).toBe(false);
  });
});
