import { describe, expect, it, vi } from "vitest";
import { SlipwayError } from "../../../src/errors.ts";
import type { Slipway } from "../../../src/slipway/slipway.ts";
import { runInMemory } from "./support/command-line.ts";
import { fakeSlipway } from "./support/fake-slipway.ts";
import { fakeTerminal } from "./support/fake-terminal.ts";

type Exec = Slipway["exec"];

describe("exec", () => {
  it("passes the words after -- on as they are, and exits with the command's code", async () => {
    const exec = vi.fn<Exec>().mockResolvedValue(42);
    const argv = [
      "exec",
      "one",
      "-u",
      "me:us",
      "--workdir",
      "/srv",
      "--env",
      "A=1=2",
      "-e",
      "B",
      "-e",
      "UNSET",
    ];
    const ran = await runInMemory([...argv, "--", "ls", "-l", "--", "-o", "json"], {
      slipway: fakeSlipway({ exec }),
      environment: { B: "of this process" },
    });
    expect(ran).toMatchObject({ exitCode: 42, stdout: "", stderr: "" });
    const [spawnId, options] = exec.mock.calls[0] ?? [];
    expect(spawnId).toBe("one");
    expect(options).toMatchObject({
      command: ["ls", "-l", "--", "-o", "json"],
      user: "me:us",
      workingDirectory: "/srv",
    });
    expect(options?.env).toEqual({ A: "1=2", B: "of this process" });
    expect(options).not.toHaveProperty("input");
    expect(options).not.toHaveProperty("terminal");
  });

  it("keeps the outputs apart, byte by byte", async () => {
    const exec: Exec = async (_spawnId, { onOutput } = {}) => {
      await onOutput?.("stdout", Buffer.from("\u001b[31mout"));
      await onOutput?.("stderr", Buffer.from("err"));
      return 0;
    };
    const ran = await runInMemory(["exec", "one", "--", "x"], { slipway: fakeSlipway({ exec }) });
    expect(ran).toMatchObject({ exitCode: 0, stdout: "\u001b[31mout", stderr: "err" });
  });

  it("passes standard input on with -i alone", async () => {
    let read = "";
    const exec: Exec = async (_spawnId, { input, terminal } = {}) => {
      expect(terminal).toBeUndefined();
      for await (const piece of input ?? []) read += Buffer.from(piece).toString();
      return 0;
    };
    await runInMemory(["exec", "-i", "one", "--", "cat"], {
      slipway: fakeSlipway({ exec }),
      stdin: "typed\n",
    });
    expect(read).toBe("typed\n");
  });

  it.each([
    [["-it"], ["raw", "restored"]],
    [
      ["-t", "-i"],
      ["raw", "restored"],
    ],
    // Nothing is typed for the command.
    [["-t"], []],
  ])("gives the command this terminal with %j, and restores it", async (flags, expected) => {
    const { terminal, modes } = fakeTerminal();
    const outcomes: readonly Exec[] = [
      () => Promise.resolve(0),
      () => Promise.reject(new Error("the engine died")),
    ];
    for (const outcome of outcomes) {
      const exec = vi.fn<Exec>(outcome);
      await runInMemory(["exec", ...flags, "one", "--", "sh"], {
        slipway: fakeSlipway({ exec }),
        terminal,
      });
      expect(exec.mock.calls[0]?.[1]?.terminal).toBe(terminal);
      expect(modes.splice(0)).toEqual(expected);
    }
  });

  it.each([
    [["exec", "one", "-t", "--", "sh"], "standard input is not a terminal"],
    [["exec"], "SPAWN_ID is missing"],
    [["exec", "one"], "COMMAND is missing"],
    [["exec", "one", "--env", "=secret", "--", "sh"], "--env: a value without a name"],
  ])("refuses %j", async (argv, words) => {
    const ran = await runInMemory(argv);
    expect(ran).toMatchObject({ exitCode: 2, opened: [] });
    expect(ran.stderr).toContain(words);
    expect(ran.stderr).not.toContain("secret");
  });

  it("says that the command may go on when it is interrupted", async () => {
    const interrupt = new AbortController();
    const exec: Exec = async () => {
      interrupt.abort();
      throw new SlipwayError({ code: "CANCELLED", reason: "INTERRUPTED", message: "x" });
    };
    const ran = await runInMemory(["exec", "one", "--", "sleep", "9"], {
      slipway: fakeSlipway({ exec }),
      interrupt: interrupt.signal,
    });
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toContain("the command may still be running in spawn one");
  });

  it("prints the error of a virtual machine with its remedy", async () => {
    const exec = vi.fn<Exec>().mockRejectedValue(
      new SlipwayError({
        code: "UNIMPLEMENTED",
        reason: "SUBSTRATE_UNSUPPORTED",
        message: "no",
        remedy: "Log in with `ssh`.",
      }),
    );
    const ran = await runInMemory(["exec", "one", "--", "sh"], { slipway: fakeSlipway({ exec }) });
    expect(ran).toMatchObject({
      exitCode: 1,
      stderr: "slipway: UNIMPLEMENTED: no\nLog in with `ssh`.\n",
    });
  });
});

describe("shell", () => {
  it("asks for the container's shell, on this terminal", async () => {
    const { terminal, modes } = fakeTerminal();
    const exec = vi.fn<Exec>().mockResolvedValue(3);
    const ran = await runInMemory(["shell", "one", "-u", "0"], {
      slipway: fakeSlipway({ exec }),
      terminal,
    });
    expect(ran.exitCode).toBe(3);
    const [, options] = exec.mock.calls[0] ?? [];
    expect(options).toMatchObject({ user: "0", terminal });
    expect(options).not.toHaveProperty("command");
    expect(options).toHaveProperty("input");
    expect(modes).toEqual(["raw", "restored"]);
  });

  it("reads commands from standard input without a terminal", async () => {
    const exec = vi.fn<Exec>().mockResolvedValue(0);
    await runInMemory(["shell", "one"], { slipway: fakeSlipway({ exec }), stdin: "ls\n" });
    const [, options] = exec.mock.calls[0] ?? [];
    expect(options).toHaveProperty("input");
    expect(options).not.toHaveProperty("terminal");
  });
});

describe("ports", () => {
  const found = [
    {
      port: 80,
      name: "web",
      address: "127.0.0.1",
      hostPort: 32_768,
      url: "http://127.0.0.1:32768",
    },
    { port: 81, name: null, address: "2001:db8::1", hostPort: 81, url: "http://[2001:db8::1]:81" },
    { port: 82, name: null, address: null, hostPort: null, url: null },
  ];
  const listPorts = vi.fn<Slipway["listPorts"]>().mockResolvedValue(found);

  it("are printed for people", async () => {
    const ran = await runInMemory(["ports", "one", "-o", "table"], {
      slipway: fakeSlipway({ listPorts }),
    });
    expect(ran.stdout).toBe(
      [
        "PORT  NAME  ADDRESS           URL",
        "80    web   127.0.0.1:32768   http://127.0.0.1:32768",
        "81    -     [2001:db8::1]:81  http://[2001:db8::1]:81",
        "82    -     -                 -",
        "",
      ].join("\n"),
    );
  });

  it("are printed for programs", async () => {
    const ran = await runInMemory(["ports", "one", "-o", "json"], {
      slipway: fakeSlipway({ listPorts }),
    });
    expect(JSON.parse(ran.stdout)).toEqual(
      found.map(({ hostPort, ...port }) => ({ ...port, host_port: hostPort })),
    );
  });
});
