import { expect, it } from "vitest";
import { describeWithTerminal } from "../../support/peers.ts";
import { KEYS, openPty } from "../../support/pty.ts";

describeWithTerminal("a program on a terminal", (terminal) => {
  const shell = (script: string, columns = 80) =>
    openPty(terminal, ["/bin/sh", "-c", script], { columns });

  it("has a terminal of the requested width on all three streams", async () => {
    await using pty = shell("test -t 0 && test -t 1 && test -t 2 && stty size", 200);
    expect(await pty.ended).toEqual({
      exitCode: 0,
      signal: null,
      echo: true,
      lines: true,
      output: "24 200\r\n",
    });
  });

  it("receives what is typed, which the terminal echoes", async () => {
    await using pty = shell('read -r line; printf "<%s>" "$line"');
    pty.type(`fü${KEYS.backspace}ünf${KEYS.enter}`);
    const { output } = await pty.ended;
    expect(output).toContain("<fünf>");
    expect((await pty.screen()).join("\n")).toBe("fünf\n<fünf>");
  });

  it("is interrupted by Ctrl-C, and can be sent other signals", async () => {
    await using interrupted = shell("echo ready; exec sleep 60");
    await interrupted.waitFor("ready");
    interrupted.type(KEYS.ctrlC);
    expect(await interrupted.ended).toMatchObject({ exitCode: null, signal: 2 });
    await using killed = shell("echo ready; exec sleep 60");
    await killed.waitFor("ready");
    killed.kill("SIGTERM");
    expect(await killed.ended).toMatchObject({ exitCode: null, signal: 15 });
  });

  it("notices a new size", async () => {
    await using pty = shell(
      "trap 'stty size; exit 7' WINCH; echo ready; while :; do sleep 0.01; done",
    );
    await pty.waitFor("ready");
    pty.resize(40, 10);
    await pty.waitFor("10 40");
    expect(await pty.ended).toMatchObject({ exitCode: 7 });
  });

  it("reports a terminal that was left without echo", async () => {
    await using pty = shell("stty -echo -icanon");
    expect(await pty.ended).toMatchObject({ exitCode: 0, echo: false, lines: false });
  });

  it("shows what remains on the screen, also above the window", async () => {
    await using pty = shell(String.raw`seq 30; printf 'gone\r\033[2Kleft\n0123456789ab'`, 10);
    await pty.ended;
    const screen = await pty.screen();
    expect(screen).toHaveLength(33);
    expect(screen[0]).toBe("1");
    expect(screen.slice(-3)).toEqual(["left", "0123456789", "ab"]);
  });

  it("fails the wait for text that never comes", async () => {
    await using pty = shell("echo one two");
    await pty.waitFor("one");
    await pty.waitFor(/t.o/);
    await expect(pty.waitFor("one")).rejects.toThrow("the program ended before one");
  });

  it("is killed on disposal", async () => {
    const pty = shell("trap '' INT TERM HUP; echo ready; sleep 60");
    await pty.waitFor("ready");
    await pty[Symbol.asyncDispose]();
    expect(await pty.ended).toMatchObject({ signal: 9 });
  });
});
