import { z } from "zod";
import { once } from "../async/memoize.ts";
import { spawnErrorSchema } from "../plan/error-document.ts";
import { planSchema } from "../plan/plan-document.ts";
import { SUBSTRATES } from "../plan/plan.ts";
import { SPAWN_STATES } from "./spawn-record.ts";
import type { SpawnEvent, SpawnMachine } from "./spawn-record.ts";

export const outcomeSchema = z.enum(["accepted", "rejected", "unknown"]).nullable();
export const stateSchema = z.enum(SPAWN_STATES);

export const machineSchema = once((): z.ZodType<SpawnMachine> =>
  z.strictObject({
    id: z.string(),
    place: z.string(),
    architecture: z.string().nullable(),
    addresses: z.strictObject({
      private: z.string().nullable(),
      public: z.string().nullable(),
      ipv6: z.string().exactOptional(),
    }),
    ports: z.array(z.strictObject({ port: z.int(), hostPort: z.int() })),
    settings: z.record(z.string(), z.json()).exactOptional(),
  }),
);

const eventFields = { at: z.string(), state: stateSchema, message: z.string() };

/** An event as `watch` prints it, in camelCase. */
export const eventSchema = once((): z.ZodType<SpawnEvent> =>
  z.strictObject({ sequence: z.int(), spawnId: z.string(), ...eventFields }),
);

/** A spawn, in camelCase; `describe` adds its plan and events. */
export const spawnSchema = once(() =>
  z.strictObject({
    spawnId: z.string(),
    tenant: z.string(),
    workspace: z.string(),
    state: stateSchema,
    planId: z.string(),
    substrate: z.enum(SUBSTRATES),
    env: z.record(z.string(), z.string()),
    labels: z.record(z.string(), z.string()),
    input: z.json(),
    machine: machineSchema().nullable(),
    launch: z.strictObject({ token: z.string(), index: z.int() }).nullable(),
    attempts: z.array(
      z.strictObject({
        attempt: z.int(),
        place: z.string(),
        machineType: z.string().nullable(),
        token: z.string(),
        index: z.int(),
        outcome: outcomeSchema,
        reason: z.string().nullable(),
      }),
    ),
    error: spawnErrorSchema().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
    plan: planSchema().exactOptional(),
    events: z.array(z.strictObject(eventFields)).exactOptional(),
  }),
);
