import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { slipway } from "../../cli/support/command-line.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { shellWords } from "./command-lines.ts";

/** A command line as a document shows it, and what it printed. */
export interface PlayedCommand {
  readonly line: string;
  /** Both streams, as a terminal shows them. */
  readonly output: string;
  readonly exitCode: number;
}

/** A shell in a folder of its own, for the commands of a document. */
export interface TerminalSession extends AsyncDisposable {
  /**
   * Runs a command line. `slipway` runs in this process, on a terminal that is 120 characters wide, with `< FILE`, `> FILE`,
   * a final `&` (for `fake`) and a program in front of a pipe. bash runs everything else.
   *
   * @param shown the output that the document shows. `cat FILE` of a file that does not exist yet is how a document
   * introduces the file: it is written with that content.
   */
  play(line: string, shown: string): Promise<PlayedCommand>;
}

/** A name of this run, in place of which documents show another. */
export interface Renamed {
  readonly actual: string;
  readonly shown: string;
}

/** @param renamed such as the address of a registry that the test starts */
export function openTerminalSession(
  variables: Readonly<Record<string, string>> = {},
  renamed: readonly Renamed[] = [],
): TerminalSession {
  const folder = scratchFolder();
  let environment: Readonly<Record<string, string>> = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder.path,
    LOGNAME: "you",
    NO_COLOR: "1",
    NO_PROXY: "*",
    ...variables,
  };
  const running: { readonly stop: AbortController; readonly ended: Promise<unknown> }[] = [];

  const runShell = (line: string): PlayedCommand => {
    const ran = spawnSync(
      "bash",
      ["-c", `exec 2>&1; eval "$1"; code=$?; env -0 >&3; exit $code`, "bash", line],
      {
        cwd: folder.path,
        env: environment,
        stdio: ["ignore", "pipe", "inherit", "pipe"],
      },
    );
    const [, output, , changed] = ran.output.map(String);
    const entries = (changed ?? "").split("\0").flatMap((entry) => {
      const at = entry.indexOf("=");
      return at === -1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const];
    });
    if (entries.length > 0) environment = Object.fromEntries(entries);
    return { line, output: output ?? "", exitCode: ran.status ?? -1 };
  };

  const startFake = async (
    line: string,
    argv: readonly string[],
    file: string,
  ): Promise<PlayedCommand> => {
    const stop = new AbortController();
    const path = join(folder.path, file);
    const isReady = Promise.withResolvers<void>();
    writeFileSync(path, "");
    const ended = slipway(argv, folder.path, {
      environment,
      interrupt: stop.signal,
      onOutput(piece, stream) {
        if (stream === "stdout") appendFileSync(path, piece);
        if (readFileSync(path, "utf8").includes("\nexport ")) isReady.resolve();
      },
    });
    running.push({ stop, ended });
    const early = ended.then(({ stderr }) => isReady.reject(new Error(`${line}: ${stderr}`)));
    await isReady.promise;
    void early;
    return { line, output: "", exitCode: 0 };
  };

  const runSlipway = async (line: string): Promise<PlayedCommand> => {
    const [, before, own = "", input, target, background] = SLIPWAY_LINE.exec(line) ?? [];
    const argv = shellWords(own);
    if (background !== undefined) return await startFake(line, argv, target ?? "");
    let output = "";
    const { stdout, exitCode } = await slipway(argv, folder.path, {
      environment,
      stdoutIsTerminal: target === undefined,
      stdin:
        before === undefined
          ? input === undefined
            ? ""
            : readFileSync(join(folder.path, input))
          : runShell(before).output,
      onOutput(piece, stream) {
        if (stream === "stderr" || target === undefined) output += piece;
      },
    });
    if (target !== undefined) writeFileSync(join(folder.path, target), stdout);
    return { line, output, exitCode };
  };

  return {
    async play(line, shown) {
      const [, name] = /^cat (\S+)$/.exec(line) ?? [];
      if (name !== undefined && !existsSync(join(folder.path, name))) {
        const content = renamed.reduce(
          (text, one) => text.replaceAll(one.shown, one.actual),
          shown,
        );
        writeFileSync(join(folder.path, name), content);
        return { line, output: shown, exitCode: 0 };
      }
      const played = SLIPWAY_LINE.test(line) ? await runSlipway(line) : runShell(line);
      const output = renamed.reduce(
        (text, one) => text.replaceAll(one.actual, one.shown),
        played.output,
      );
      return { ...played, output };
    },
    async [Symbol.asyncDispose]() {
      for (const { stop } of running) stop.abort();
      await Promise.all(running.map(({ ended }) => ended));
      folder[Symbol.dispose]();
    },
  };
}

const SLIPWAY_LINE = /^(?:(.+) \| )?slipway (.+?)(?: < (\S+))?(?: > (\S+))?( &)?$/u;
