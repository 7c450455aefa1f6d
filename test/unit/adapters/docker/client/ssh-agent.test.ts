import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import type { ExecRequest } from "../../../../../src/substrate/contract.ts";
import { adapterOf } from "../../../../support/docker-subject.ts";
import { frame } from "../../../../support/engine-adapter.ts";
import {
  containerAnswer,
  infoAnswer,
  startFakeEngine,
  versionAnswer,
} from "../../../../support/fake-engine.ts";
import { scratchFolder } from "../../../../support/scratch.ts";

const { signal } = new AbortController();

/** A program in the place of `ssh`: notes its arguments, then does what the script says. */
function program(folder: string, script: string) {
  const path = join(folder, "ssh");
  const log = join(folder, "calls");
  const note = `require("node:fs").appendFileSync(${JSON.stringify(log)}, process.argv.slice(2).join(" ") + "\\n");`;
  writeFileSync(path, `#!${process.execPath}\n${note}\n${script}\n`);
  chmodSync(path, 0o755);
  return { path, calls: () => readFileSync(log, "utf8").trimEnd().split("\n") };
}

/** What `docker system dial-stdio` does on the other host. */
function dialing(socketPath: string): string {
  return `const socket = require("node:net").connect(${JSON.stringify(socketPath)});
process.stdin.pipe(socket);
socket.pipe(process.stdout);`;
}

describe("an engine by ssh", () => {
  it("is spoken to through one connection, and is where its host is", async () => {
    using folder = scratchFolder();
    await using engine = await startFakeEngine();
    engine.on("GET /info", ({ reply }) => reply(200, infoAnswer()));
    engine.on("GET /version", ({ reply }) => reply(200, versionAnswer()));
    engine.on("GET /containers/c1/json", ({ reply }) => reply(200, containerAnswer({})));
    const ssh = program(folder.path, dialing(engine.host.slice("unix://".length)));
    const adapter = adapterOf({ host: "ssh://me@engine.test:2222" }, { sshProgram: ssh.path });
    for (let count = 0; count < 3; count += 1)
      expect(await adapter.describe(["c1"], signal)).toMatchObject([
        { id: "c1", place: "engine.test" },
      ]);
    await adapter.close();
    expect(ssh.calls()).toEqual([
      "-o BatchMode=yes -o ConnectTimeout=30 -T -l me -p 2222 -- engine.test docker system dial-stdio",
    ]);
  });

  it("runs commands, whose input and output go through ssh", async () => {
    using folder = scratchFolder();
    await using engine = await startFakeEngine();
    engine.on("POST /containers/c1/exec", ({ reply }) => reply(201, { Id: "e1" }));
    engine.on("POST /exec/e1/start", ({ upgrade }) => {
      const stream = upgrade();
      // The end of the input has to arrive, and the output after it.
      void text(stream).then((typed) => stream.end(frame(1, typed.toUpperCase())));
    });
    engine.on("GET /exec/e1/json", ({ reply }) => reply(200, { Running: false, ExitCode: 4 }));
    const ssh = program(folder.path, dialing(engine.host.slice("unix://".length)));
    const adapter = adapterOf({ host: "ssh://me@engine.test" }, { sshProgram: ssh.path });
    if (adapter.access?.kind !== "exec") throw new Error("the adapter runs no commands");
    let printed = "";
    const request: ExecRequest = {
      command: ["tr"],
      env: {},
      user: null,
      workingDirectory: null,
      input: Readable.from([Buffer.from("typed")]),
      terminal: null,
      onOutput: async (_stream, bytes) => void (printed += Buffer.from(bytes).toString()),
    };
    const code = await adapter.access.exec("c1", request, signal);
    expect({ code, printed }).toEqual({ code: 4, printed: "TYPED" });
    await adapter.close();
  });

  it("says what ssh complains of", async () => {
    using folder = scratchFolder();
    const ssh = program(
      folder.path,
      'process.stderr.write("me@engine.test: Permission denied (publickey).\\n"); process.exitCode = 255;',
    );
    const adapter = adapterOf({ host: "ssh://me@engine.test" }, { sshProgram: ssh.path });
    await expect(adapter.describe(["c1"], signal)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("Permission denied (publickey)"),
    });
    await adapter.close();
  });

  it("says it also when ssh leaves a process behind that holds its streams open", async () => {
    using folder = scratchFolder();
    await using engine = await startFakeEngine();
    const socketPath = JSON.stringify(engine.host.slice("unix://".length));
    // It ends with the engine, which it is connected to.
    const behind = `require("node:net").connect(${socketPath}).on("close", () => process.exit())`;
    const ssh = program(
      folder.path,
      `const { spawn } = require("node:child_process");
const stdio = ["ignore", "inherit", "inherit"];
spawn(process.execPath, ["-e", ${JSON.stringify(behind)}], { stdio, detached: true }).unref();
process.stderr.write("sh: docker: not found\\n");
process.exitCode = 127;`,
    );
    const adapter = adapterOf({ host: "ssh://me@engine.test" }, { sshProgram: ssh.path });
    await expect(adapter.describe(["c1"], signal)).rejects.toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("sh: docker: not found"),
    });
    await adapter.close();
  });

  it("ends with ssh and not with what ssh leaves behind, without a complaint too", async () => {
    using folder = scratchFolder();
    const pid = join(folder.path, "pid");
    const ssh = program(
      folder.path,
      `const behind = require("node:child_process").spawn("sleep", ["600"], { stdio: "inherit" });
require("node:fs").writeFileSync(${JSON.stringify(pid)}, String(behind.pid));
process.exit(0);`,
    );
    const adapter = adapterOf({ host: "ssh://engine.test" }, { sshProgram: ssh.path });
    const describing = adapter.describe(["c1"], AbortSignal.timeout(10_000));
    await expect(describing).rejects.toMatchObject({
      code: "UNAVAILABLE",
      reason: "ENGINE_UNAVAILABLE",
    });
    process.kill(Number(readFileSync(pid, "utf8")));
    await adapter.close();
  });

  it("says that there is no ssh", async () => {
    const adapter = adapterOf({ host: "ssh://engine.test" }, { sshProgram: "/nonexistent/ssh" });
    await expect(adapter.describe(["c1"], signal)).rejects.toMatchObject({
      reason: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining("ENOENT"),
    });
    await adapter.close();
  });

  it("leaves no ssh behind that ignores SIGTERM", async () => {
    using folder = scratchFolder();
    const pid = join(folder.path, "pid");
    const ssh = program(
      folder.path,
      `process.on("SIGTERM", () => undefined);
process.stdin.resume();
setInterval(() => undefined, 1_000);
require("node:fs").writeFileSync(${JSON.stringify(pid)}, String(process.pid));`,
    );
    const adapter = adapterOf({ host: "ssh://me@engine.test" }, { sshProgram: ssh.path });
    const leaving = new AbortController();
    const describing = adapter.describe(["c1"], leaving.signal);
    await vi.waitFor(() => expect(Number(readFileSync(pid, "utf8"))).toBeGreaterThan(0), 10_000);
    leaving.abort();
    await expect(describing).rejects.toMatchObject({ code: "CANCELLED" });
    await adapter.close();
    const child = Number(readFileSync(pid, "utf8"));
    expect(() => process.kill(child, 0)).toThrow(expect.objectContaining({ code: "ESRCH" }));
  });
});
