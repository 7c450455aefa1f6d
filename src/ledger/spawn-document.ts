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
    id: z.string().describe("The provider's id of the machine."),
    place: z.string().describe("The zone, or the host of the engine."),
    architecture: z.string().nullable().describe("The architecture, as the provider reports it."),
    addresses: z
      .strictObject({
        private: z.string().nullable().describe("The private address."),
        public: z.string().nullable().describe("The public IPv4 address."),
        ipv6: z.string().exactOptional().describe("The IPv6 address."),
      })
      .describe("The addresses of the machine."),
    ports: z
      .array(
        z.strictObject({
          port: z.int().describe("The port in the container."),
          hostPort: z.int().describe("The port of the engine's host."),
        }),
      )
      .describe("The ports of a container that are published on the engine's host."),
    settings: z
      .record(z.string(), z.json())
      .exactOptional()
      .describe("The provider's own description of the running machine."),
  }),
);

const eventFields = {
  at: z.string().describe("The time of the event, in UTC."),
  state: stateSchema.describe("The state of the spawn from then on."),
  message: z.string().describe("A sentence about the event."),
};

/** An event as `watch` prints it, in camelCase. */
export const eventSchema = once((): z.ZodType<SpawnEvent> =>
  z.strictObject({
    sequence: z
      .int()
      .describe("The number of the event, which rises with each event of the database."),
    spawnId: z.string().describe("The spawn that the event is about."),
    ...eventFields,
  }),
);

/** A spawn, in camelCase; `describe` adds its plan and events. */
export const spawnSchema = once(() =>
  z.strictObject({
    spawnId: z.string().describe("The spawn's id: the same id always means the same machine."),
    tenant: z.string().describe("The tenant that the spawn belongs to."),
    workspace: z.string().describe("The workspace that was spawned."),
    state: stateSchema.describe("The state of the spawn."),
    planId: z.string().describe("The plan by which the machine is launched."),
    substrate: z.enum(SUBSTRATES).describe("The substrate of the machine."),
    env: z.record(z.string(), z.string()).describe("The environment variables of its own."),
    labels: z.record(z.string(), z.string()).describe("The labels of its own."),
    input: z.json().describe("The input of its own, for the program on the machine."),
    machine: machineSchema().nullable().describe("The machine; null before one is accepted."),
    launch: z
      .strictObject({
        token: z.string().describe("The token by which the provider recognizes a repeated call."),
        index: z.int().describe("The number of the member in the call, from 0."),
      })
      .nullable()
      .describe("The latest launch call that the spawn is a member of; null before the first."),
    attempts: z
      .array(
        z.strictObject({
          attempt: z.int().describe("The number of the attempt, from 1."),
          place: z.string().describe("The place of the candidate."),
          machineType: z.string().nullable().describe("The provider's name of the machine type."),
          token: z.string().describe("The token by which the provider recognizes a repeated call."),
          index: z.int().describe("The number of the member in the call, from 0."),
          outcome: outcomeSchema.describe(
            "The answer to the launch call; null until there is one.",
          ),
          reason: z.string().nullable().describe("The reason of a rejected launch."),
        }),
      )
      .describe("Each launch of the spawn, at one candidate."),
    error: spawnErrorSchema()
      .nullable()
      .describe("The cause of the failure; null for a spawn that has not failed."),
    createdAt: z.string().describe("The time at which the spawn was recorded, in UTC."),
    updatedAt: z.string().describe("The time of its last change, in UTC."),
    plan: planSchema().exactOptional().describe("The whole plan. Only `describe` prints it."),
    events: z
      .array(z.strictObject(eventFields))
      .exactOptional()
      .describe("All events of the spawn, oldest first. Only `describe` prints them."),
  }),
);
