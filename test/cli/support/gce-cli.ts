import type { ChildProcess } from "node:child_process";
import { expect } from "vitest";
import { startGce } from "../../../testing/gce/index.ts";
import type { GceOptions, GceFake } from "../../../testing/gce/index.ts";
import type { CommandOptions, CommandResult } from "./command-line.ts";
import { printedError } from "./printed-error.ts";
import type { PrintedError } from "./printed-error.ts";
import { scratchCatalog } from "./scratch-catalog.ts";
import type { ProcessResult } from "./slipway-process.ts";

export const PROJECT = "agents";
export const FAMILY = "agent-base";
export const IMAGES = `projects/${PROJECT}/global/images`;
export const FIRST_IMAGE = `${IMAGES}/agent-base-v1`;

const RECORDS = {
  image: `{name: base, architecture: ARCHITECTURE_AMD64, gce: {self_link: ${IMAGES}/family/${FAMILY}}}`,
  placement: `{name: there, substrate: GCP, target: {gcp: {project: ${PROJECT}, zones: [us-central1-a, us-central1-b], subnet: default, labels: {team: red}}}}`,
  workspace: "{name: dev, image_ref: base, placement: there}",
} as const;

export interface GceCli extends AsyncDisposable {
  readonly gce: GceFake;
  readonly run: (argv: readonly string[], options?: CommandOptions) => Promise<CommandResult>;
  /** Runs a command in a process of its own. */
  readonly runProcess: (
    argv: readonly string[],
    onStart: (child: ChildProcess) => void,
  ) => Promise<ProcessResult>;
  /** Runs a command that must succeed, and returns its parsed output. */
  readonly json: (...argv: readonly string[]) => Promise<unknown>;
  /** Runs a command that must fail with only the error on standard error. */
  readonly refused: (
    argv: readonly string[],
    options?: CommandOptions,
  ) => Promise<{ readonly exitCode: number; readonly error: PrintedError }>;
  /** Replaces a record. */
  readonly set: (kind: string, name: string, record: string) => Promise<void>;
  /** The mutating calls so far. */
  readonly changes: () => readonly (string | null)[];
}

/** The command line on a catalog with the workspace `dev`, with the fake's endpoint and a token as its only settings. */
export async function gceCli(options: GceOptions = {}): Promise<GceCli> {
  const timing = { provisioningMs: 10, stagingMs: 10, endingMs: 10 };
  const gce = await startGce({ timing, ...options });
  gce.addImage(PROJECT, { name: "agent-base-v1", family: FAMILY, createdAt: 1_000 });
  const catalog = scratchCatalog();
  const environment = {
    CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE: `${gce.url}/compute/v1/`,
    CLOUDSDK_AUTH_ACCESS_TOKEN: "anything",
  };
  const run: GceCli["run"] = (argv, more = {}) =>
    catalog.run(argv, { ...more, environment: { ...environment, ...more.environment } });
  const set = async (kind: string, name: string, record: string) => {
    await catalog.must(["set", kind, name], { stdin: record });
  };
  await set("image", "base", RECORDS.image);
  await set("placement", "there", RECORDS.placement);
  await set("workspace", "dev", RECORDS.workspace);
  return {
    gce,
    run,
    runProcess: (argv, onStart) => catalog.runProcess(argv, { environment, onStart }),
    set,
    async json(...argv) {
      const ran = await catalog.must([...argv, "-o", "json"], { environment });
      expect(ran.stderr).not.toMatch(/warning/i);
      return JSON.parse(ran.stdout);
    },
    async refused(argv, more) {
      const { exitCode, stdout, stderr } = await run([...argv, "-o", "json"], more);
      expect(stdout).toBe("");
      return { exitCode, error: printedError({ stderr }) };
    },
    changes: () =>
      gce.requests.filter(({ isMutation }) => isMutation).map(({ call }) => call ?? null),
    async [Symbol.asyncDispose]() {
      catalog[Symbol.dispose]();
      await gce.close();
    },
  };
}

/** The failed checks' reasons, keyed by check name. */
export function failures({
  checks = [],
}: PrintedError): Readonly<Record<string, string | undefined>> {
  const failed = checks.filter(({ outcome }) => outcome === "failed");
  expect(failed.filter(({ remedy }) => remedy === undefined)).toEqual([]);
  return Object.fromEntries(failed.map(({ name, reason }) => [name, reason]));
}
