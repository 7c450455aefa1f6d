import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { verdictWithoutPeer } from "./peers.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = "SLIPWAY_TEST_LOCALSTACK";
const REMEDY = "run `scripts/localstack.sh install` and `scripts/localstack.sh start`";

/** Where LocalStack answers: what the variable names, else what `scripts/localstack.sh start` left; or null. */
export function findLocalStack(environment: Environment): string | null {
  const folder = environment["SLIPWAY_PEERS_DIR"] ?? "/tmp/slipway-peers";
  const url = environment[VARIABLE] ?? leftBehind(join(folder, "localstack", "env"));
  return url === undefined || url === "" ? null : url;
}

/** A suite that needs LocalStack; it is given its address. */
export function describeWithLocalStack(name: string, define: (url: string) => void): void {
  const url = findLocalStack(process.env);
  const isSkipped = url === null && verdictWithoutPeer(process.env) === "skip";
  const why = isSkipped ? ` (not run: ${VARIABLE} is not set; ${REMEDY})` : "";
  describe.skipIf(isSkipped)(`${name}${why}`, () => {
    if (url !== null) define(url);
    else
      it("has the server it needs", () => {
        expect.fail(
          `With CI set, a missing server is a failure: ${VARIABLE} is not set; ${REMEDY}`,
        );
      });
  });
}

function leftBehind(path: string): string | undefined {
  try {
    const line = /^export SLIPWAY_TEST_LOCALSTACK=(\S+)$/m.exec(readFileSync(path, "utf8"));
    return line?.[1];
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
