import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { AwsPlacement } from "../../../../src/catalog/kinds.ts";
import { SecretValue } from "../../../../src/secret-value.ts";
import { createSlipway } from "../../../../src/slipway/create-slipway.ts";
import type { Slipway } from "../../../../src/slipway/slipway.ts";
import { loadSqlite } from "../../../../src/storage/connection.ts";
import type { FakeEngine } from "../../../support/fake-engine.ts";
import { scratchFolder } from "../../../support/scratch.ts";
import { runInMemory } from "./command-line.ts";

type Environment = Readonly<Record<string, string>>;

const printed = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      outcome: z.enum(["ok", "warning", "problem", "skipped"]),
      code: z.string().optional(),
      reason: z.string().optional(),
      message: z.string(),
      remedy: z.string().optional(),
    }),
  ),
});
export type Printed = z.infer<typeof printed>["checks"][number];

export interface Scene extends Disposable {
  readonly folder: string;
  readonly database: string;
  readonly key: string;
  /** Writes records, with the real store. */
  readonly write: (records: (slipway: Slipway) => Promise<unknown>) => Promise<void>;
  readonly doctor: (
    words?: readonly string[],
    environment?: Environment,
  ) => Promise<{ readonly exitCode: number; readonly checks: readonly Printed[] }>;
  /** For people. */
  readonly text: (words: readonly string[], environment?: Environment) => Promise<string>;
}

/** A user with an empty home, and no engine or cloud. */
export function scene(): Scene {
  const scratch = scratchFolder();
  const folder = scratch.path;
  const database = join(folder, "data", "slipway.db");
  const own = {
    HOME: folder,
    METADATA_SERVER_DETECTION: "none",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const run = (words: readonly string[], environment: Environment = {}) =>
    runInMemory(["doctor", "--database", database, ...words], {
      environment: { ...own, ...environment },
    });
  return {
    folder,
    database,
    key: join(folder, "data", "slipway.key"),
    async write(records) {
      await using slipway = await createSlipway({ database, environment: own });
      await records(slipway);
    },
    async doctor(words = [], environment = {}) {
      const { exitCode, stdout, stderr } = await run([...words, "-o", "json"], environment);
      if (stderr !== "") throw new Error(stderr);
      return { exitCode, checks: printed.parse(JSON.parse(stdout)).checks };
    },
    text: async (words, environment) => (await run(words, environment)).stdout,
    [Symbol.dispose]: () => scratch[Symbol.dispose](),
  };
}

export const checkOf = (checks: readonly Printed[], name: string): Printed | undefined =>
  checks.find((check) => check.name === name && check.outcome !== "ok") ??
  checks.find((check) => check.name === name);

export const setSecret = (name: string, value: string) => (slipway: Slipway) =>
  slipway.catalog.setSecret(name, new SecretValue(value));

export const dockerPlacement = (host?: string) => (slipway: Slipway) =>
  slipway.catalog.set("placement", {
    name: "local",
    substrate: "DOCKER",
    target: { docker: host === undefined ? {} : { host } },
  });

export const ec2Placement =
  (changes: Partial<AwsPlacement> = {}) =>
  (slipway: Slipway) =>
    slipway.catalog.set("placement", {
      name: "us-east",
      substrate: "AWS",
      target: {
        aws: {
          accountId: "000000000000",
          region: "us-east-1",
          subnetIds: ["subnet-08568874ca2e2ea59"],
          ...changes,
        },
      },
    });

export const gcePlacement = (slipway: Slipway) =>
  slipway.catalog.set("placement", {
    name: "central",
    substrate: "GCP",
    target: { gcp: { project: "agents", zones: ["us-central1-a"], subnet: "default" } },
  });

export const KEYS = {
  AWS_ACCESS_KEY_ID: "anything",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI-own-secret",
};
export const TOKEN = { CLOUDSDK_AUTH_ACCESS_TOKEN: "ya29.own-token" };

/** Answers of a rootless engine, whose clock is ahead by so much. */
export function answer(engine: FakeEngine, { api = "1.47", aheadMilliseconds = 0 } = {}): void {
  engine.on("GET /info", ({ reply }) =>
    reply(200, {
      Name: "engine-1",
      OSType: "linux",
      Architecture: "aarch64",
      SecurityOptions: ["name=seccomp", "name=rootless"],
      SystemTime: new Date(Date.now() + aheadMilliseconds).toISOString(),
    }),
  );
  engine.on("GET /version", ({ reply }) =>
    reply(200, { Version: "27.3.1", ApiVersion: api, Arch: "arm64" }),
  );
}

/** Every file below a folder, with its content. */
export function contentsOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    files
      .filter((one) => one.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .map((path) => [path, createHash("sha256").update(readFileSync(path)).digest("hex")]),
  );
}

/** Writes the version of a component's tables. */
export function setSchema(path: string, component: "catalog" | "ledger", version: number): void {
  const { DatabaseSync } = loadSqlite();
  const database = new DatabaseSync(path);
  database
    .prepare("UPDATE schema_version SET version = ? WHERE component = ?")
    .run(version, component);
  database.close();
}
