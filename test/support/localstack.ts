import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { verdictWithoutPeer } from "./peers.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const REMEDY = "run `scripts/localstack.sh install` and `scripts/localstack.sh start`";

/** Variables of `scripts/localstack.sh`: LocalStack's address, a Python with boto3, one with libcloud, moto's server. */
type LocalStackVariable =
  | "SLIPWAY_TEST_LOCALSTACK"
  | "SLIPWAY_TEST_BOTO3_PYTHON"
  | "SLIPWAY_TEST_LIBCLOUD_PYTHON"
  | "SLIPWAY_TEST_MOTO_SERVER";

/** The variable's value, or else the value that `scripts/localstack.sh start` left behind, or null. */
function findLocalStack(environment: Environment, variable: LocalStackVariable): string | null {
  const folder = environment["SLIPWAY_PEERS_DIR"] ?? "/tmp/slipway-peers";
  const value = environment[variable] ?? leftBehind(join(folder, "localstack", "env"), variable);
  return value === undefined || value === "" ? null : value;
}

/** A suite that needs LocalStack; it receives the address. */
export function describeWithLocalStack(name: string, define: (url: string) => void): void {
  describeWith(name, "SLIPWAY_TEST_LOCALSTACK", define);
}

/** A suite that needs boto3; it receives the path of a Python that has it. */
export function describeWithBoto3(name: string, define: (python: string) => void): void {
  describeWith(name, "SLIPWAY_TEST_BOTO3_PYTHON", define);
}

/** A suite that needs apache-libcloud; it receives the path of a Python that has it. */
export function describeWithLibcloud(name: string, define: (python: string) => void): void {
  describeWith(name, "SLIPWAY_TEST_LIBCLOUD_PYTHON", define);
}

/** A suite that needs moto's server; it receives the path of the program (`moto.ts` starts it). */
export function describeWithMoto(name: string, define: (program: string) => void): void {
  describeWith(name, "SLIPWAY_TEST_MOTO_SERVER", define);
}

/**
 * A suite that needs the `gcloud` command. It is in no registry that the scripts can install from, so the suite is
 * skipped if it is missing.
 */
export function describeWithGcloud(name: string, define: () => void): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const isThere = folders.some((folder) => existsSync(join(folder, "gcloud")));
  const why = isThere ? "" : " (not run: gcloud is not installed)";
  describe.skipIf(!isThere)(`${name}${why}`, () => {
    define();
  });
}

function describeWith(
  name: string,
  variable: LocalStackVariable,
  define: (value: string) => void,
): void {
  const value = findLocalStack(process.env, variable);
  const reason = `${variable} is not set; ${REMEDY}`;
  const isSkipped = value === null && verdictWithoutPeer(process.env) === "skip";
  const why = isSkipped ? ` (not run: ${reason})` : "";
  describe.skipIf(isSkipped)(`${name}${why}`, () => {
    if (value !== null) define(value);
    else
      it("has the server it needs", () => {
        expect.fail(`With CI set, a missing server is a failure: ${reason}`);
      });
  });
}

function leftBehind(path: string, variable: LocalStackVariable): string | undefined {
  try {
    const lines = readFileSync(path, "utf8").split("\n");
    const prefix = `export ${variable}=`;
    return lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
