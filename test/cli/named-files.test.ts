import { mkdirSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { makePipe } from "../support/pipe.ts";
import { scratchFolder } from "../support/scratch.ts";
import { slipwayProcess } from "./support/slipway-process.ts";

interface Row {
  readonly what: string;
  /** Where the pipe is, below the test's folder. */
  readonly pipe: string;
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly exitCode: number;
}

const DATABASE = ["--database", "slipway.db"];

/** Files that must be regular ones. A process of its own, because a pipe that is opened holds all of it. */
const REFUSED: readonly Row[] = [
  {
    what: "the database",
    pipe: "slipway.db",
    argv: ["get", "image", ...DATABASE],
    exitCode: 3,
  },
  {
    what: "the database's log",
    pipe: "slipway.db-wal",
    argv: ["get", "image", ...DATABASE],
    exitCode: 3,
  },
  {
    what: "the database's rollback journal",
    pipe: "slipway.db-journal",
    argv: ["get", "image", ...DATABASE],
    exitCode: 3,
  },
  {
    what: "the key file",
    pipe: "slipway.key",
    argv: ["set", "secret", "TOKEN", ...DATABASE, "--key-file", "slipway.key"],
    exitCode: 3,
  },
  {
    what: "the Docker configuration",
    pipe: ".docker/config.json",
    argv: ["inspect", "127.0.0.1:1/team/image", ...DATABASE],
    exitCode: 2,
  },
  {
    what: "a fake's state file",
    pipe: "state.json",
    argv: ["fake", "ec2", "--state", "state.json"],
    exitCode: 2,
  },
  {
    what: "NODE_EXTRA_CA_CERTS",
    pipe: "ca.pem",
    argv: ["get", "image", ...DATABASE],
    environment: { NODE_EXTRA_CA_CERTS: "ca.pem" },
    exitCode: 3,
  },
  {
    what: "NODE_EXTRA_CA_CERTS by doctor",
    pipe: "ca.pem",
    argv: ["doctor", ...DATABASE],
    environment: { NODE_EXTRA_CA_CERTS: "ca.pem" },
    exitCode: 3,
  },
];

describe("a pipe that no one writes to", () => {
  it.each(REFUSED)("is refused as $what", async ({ pipe, argv, environment, exitCode }) => {
    using folder = scratchFolder();
    const path = join(folder.path, pipe);
    mkdirSync(dirname(path), { recursive: true });
    makePipe(path);
    const ran = await slipwayProcess(argv, {
      stdin: "value",
      workingDirectory: folder.path,
      environment: { HOME: folder.path, ...environment },
    });
    expect(ran).toMatchObject({ exitCode, stdout: "" });
    expect(ran.stderr).toContain("it is a pipe, not a regular file");
  });

  it.each([
    ["--plan", ["spawn", "--plan", "pipe", ...DATABASE]],
    ["--faults", ["fake", "ec2", "--faults", "pipe"]],
  ])("is waited for as %s, until the command is interrupted", async (_flag, argv) => {
    using folder = scratchFolder();
    const path = makePipe(join(folder.path, "pipe"));
    // Opening a pipe to write ends once another process has opened it to read.
    const writer = open(path, "w");
    const ran = await slipwayProcess(argv, {
      workingDirectory: folder.path,
      onStart: (child) => void writer.then(() => child.kill("SIGTERM")),
    });
    // A command that failed before it read the pipe would leave the writer waiting.
    await (await open(path, "r+")).close();
    await (await writer).close();
    expect(ran).toMatchObject({ exitCode: 130, signal: null, stdout: "" });
    expect(ran.stderr).toContain('"pipe" was cancelled');
  });
});
