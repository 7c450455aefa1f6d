/**
 * Runs `npm run demo` as a user does, with this machine's engine (SLIPWAY_TEST_DOCKER_HOST) and without one, and checks
 * the claims of the README. CI runs it.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAXIMUM_LINES = 150;
const ENGINE = process.env["SLIPWAY_TEST_DOCKER_HOST"];

interface Try {
  readonly name: string;
  readonly engine: string;
  /** Expected among the last lines. */
  readonly ending: string;
}

const home = mkdtempSync(join(tmpdir(), "slipway-demo-home-"));
const tries: readonly Try[] = [
  {
    name: "with an engine",
    engine: ENGINE ?? "",
    ending: "# Done: 3 substrates, 5 launches, machines left: 0",
  },
  {
    name: "without an engine",
    engine: `unix://${home}/none.sock`,
    ending: "# Done: 2 substrates, 4 launches, machines left: 0",
  },
];
try {
  for (const each of tries) attempt(each);
} finally {
  rmSync(home, { recursive: true });
}

function attempt({ name, engine, ending }: Try): void {
  const started = performance.now();
  const env = { PATH: process.env["PATH"], HOME: home, DOCKER_HOST: engine };
  const ran = spawnSync("npm", ["run", "--silent", "demo"], { env, encoding: "utf8" });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const lines = ran.stdout.trimEnd().split("\n");
  const wrong = [
    ran.status === 0 ? null : `it exited with ${ran.status}`,
    lines.length <= MAXIMUM_LINES ? null : `it printed more than ${MAXIMUM_LINES} lines`,
    lines.slice(-4).includes(ending) ? null : `it did not end with: ${ending}`,
    twice(lines).length === 0 ? null : `it showed twice: ${twice(lines).join("; ")}`,
  ].filter((each) => each !== null);
  const verdict = wrong.length === 0 ? "passed" : "FAILED";
  console.log(`${verdict}  demo ${name} (${seconds} s, ${lines.length} lines)`);
  if (wrong.length === 0) return;
  console.log(`${wrong.join("\n")}\n${ran.stdout}${ran.stderr}`);
  process.exitCode = 1;
}

/** Checks that are shown more than once for a substrate. */
function twice(lines: readonly string[]): readonly string[] {
  let substrate = "";
  const checks = lines.flatMap((line) => {
    substrate = /^# (Docker|EC2|Compute Engine)[:,]/.exec(line)?.[1] ?? substrate;
    const check = /^(\S+) +(?:passed|warning|skipped|failed) /.exec(line)?.[1];
    return check === undefined ? [] : [`${substrate} ${check}`];
  });
  return checks.filter((check, index) => checks.indexOf(check) !== index);
}
