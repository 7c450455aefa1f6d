import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseImageConfig } from "../../../../src/oci/image/image-config.ts";
import {
  type TinyProgramOptions,
  tinyImage,
  tinyMultiPlatformImage,
  tinyProgram,
} from "../../../../testing/registry/index.ts";

const ARCHITECTURES = ["amd64", "arm64"] as const;
const NATIVE = process.arch === "arm64" ? "arm64" : "amd64";
const RUNS_HERE = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

/** Runs the program for this machine's own architecture; sends the signal once it has written its line. */
async function run(options: TinyProgramOptions, signal: NodeJS.Signals | null) {
  const folder = await mkdtemp(join(tmpdir(), "slipway-program-"));
  try {
    const path = join(folder, "program");
    await writeFile(path, tinyProgram(NATIVE, options), { mode: 0o755 });
    const child = spawn(path, {
      stdio: ["ignore", "pipe", "inherit"],
      // A program that does not end must not outlive its test.
      timeout: 10_000,
      killSignal: "SIGKILL",
    });
    const closed = once(child, "close");
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (signal !== null && output.endsWith("\n")) child.kill(signal);
    });
    await closed;
    return { output, code: child.exitCode, killedBy: child.signalCode };
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe("tinyProgram", () => {
  it.each(ARCHITECTURES)("is an ELF file that loads itself on %s", (architecture) => {
    const bytes = tinyProgram(architecture);
    const view = new DataView(bytes.buffer);
    expect(bytes.subarray(0, 7)).toEqual(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1));
    expect(view.getUint16(18, true)).toBe(architecture === "amd64" ? 62 : 183);
    expect(view.getBigUint64(24, true)).toBe(0x40_0078n);
    expect(view.getBigUint64(96, true)).toBe(BigInt(bytes.byteLength));
    expect(new TextDecoder().decode(bytes)).toMatch(/slipway demo machine is up\n$/);
  });

  it("rejects invalid signals and exit codes", () => {
    for (const options of [
      { signals: [0] },
      { signals: [65] },
      { exitCode: 256 },
      { exitCode: 0.5 },
    ])
      expect(() => tinyProgram("amd64", options)).toThrow(
        expect.objectContaining({ reason: "INVALID_INPUT" }),
      );
  });

  describe.runIf(RUNS_HERE)("on this machine", () => {
    it("writes its line, waits for SIGTERM and exits with 0", async () => {
      expect(await run({}, "SIGTERM")).toEqual({
        output: "slipway demo machine is up\n",
        code: 0,
        killedBy: null,
      });
    });

    it("waits for the given signals, and exits with the given code", async () => {
      const result = await run({ line: "hi\n", signals: [2, 12], exitCode: 9 }, "SIGUSR2");
      expect(result).toEqual({ output: "hi\n", code: 9, killedBy: null });
    });

    it("is killed by a signal it does not wait for", async () => {
      expect(await run({}, "SIGINT")).toMatchObject({ code: null, killedBy: "SIGINT" });
    });

    it("exits at once if it waits for no signal", async () => {
      const result = await run({ line: "no\n", signals: [], exitCode: 255 }, null);
      expect(result).toEqual({ output: "no\n", code: 255, killedBy: null });
    });
  });
});

describe("tinyImage", () => {
  it("runs the program, with the given configuration", () => {
    const image = tinyImage("arm64", { config: { User: "1000", Env: ["A=b"] } });
    expect(image.platform).toEqual({ os: "linux", architecture: "arm64", variant: "v8" });
    expect(parseImageConfig(image.config.bytes).config).toMatchObject({
      Entrypoint: ["/machine"],
      WorkingDir: "/",
      User: "1000",
      Env: ["A=b"],
    });
    expect(image.layers).toHaveLength(1);
  });

  it("puts additional files into a second layer", () => {
    const image = tinyImage("amd64", { files: [{ type: "directory", path: "data" }] });
    expect(image.layers).toHaveLength(2);
    expect(image.layers[0]).toEqual(tinyImage("amd64").layers[0]);
  });

  it("is available as an index for both platforms", () => {
    const index = tinyMultiPlatformImage({ mediaTypes: "docker" });
    expect(index.mediaTypes).toBe("docker");
    expect(index.images.map((image) => image.platform.architecture)).toEqual(["amd64", "arm64"]);
  });
});
