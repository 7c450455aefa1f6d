import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { SlipwayError, invalidArgument } from "../../errors.ts";
import { denialSchema, poolSchema, projectSchema, quotaSchema } from "./records.ts";
import type { World } from "./world.ts";

const stateSchema = z.object({
  version: z.literal(1),
  seed: z.string(),
  nextId: z.number(),
  projects: z.array(z.tuple([z.string(), projectSchema])).transform((entries) => new Map(entries)),
  missingProjects: z.array(z.string()).transform((names) => new Set(names)),
  downZones: z.array(z.string()).transform((names) => new Set(names)),
  pools: z.array(poolSchema),
  quotas: z.array(quotaSchema),
  denials: z.array(denialSchema),
});

/** The world that the file keeps, or null where there is no file yet. @throws SlipwayError for another file. */
export function readState(path: string): World | null {
  const text = readIfThere(path);
  if (text === null) return null;
  const read = stateSchema.safeParse(parseJson(text));
  if (!read.success)
    throw invalidArgument(
      "INVALID_INPUT",
      `${path} keeps no state of a Compute Engine stand-in`,
      "Name another file, or remove this one to begin anew.",
    );
  const { version: _version, ...world } = read.data;
  return world;
}

/** Writes the whole state; whoever reads sees the old or the new one. */
export function writeState(path: string, world: World): void {
  const text = JSON.stringify({ version: 1, ...world }, (_key, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode: 0o600 });
  renameSync(draft, path);
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (caught) {
    if (caught instanceof Error && "code" in caught && caught.code === "ENOENT") return null;
    throw new SlipwayError({
      code: "FAILED_PRECONDITION",
      reason: "INVALID_INPUT",
      message: `${path} cannot be read`,
      cause: caught,
    });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no state, which the caller says.
    return null;
  }
}
