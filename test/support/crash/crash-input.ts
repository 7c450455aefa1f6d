import { z } from "zod";
import { canonicalJson } from "../../../src/json/canonical-json.ts";
import type { SpawnInput } from "../../../src/substrate/contract.ts";
import { bootTable } from "../boot-table.ts";

/** The part of a spawn's input that reaches its machine. */
export type ReceivedInput = Pick<SpawnInput, "env" | "input"> & { readonly spawnId: string };

/** The input of a spawn, from its id alone, so that every machine shows whose input it has. */
export function crashInput(spawnId: string): SpawnInput {
  return {
    env: { SPAWN: spawnId },
    labels: { crash: "yes" },
    input: { spawn: spawnId, list: [1] },
  };
}

const rowSchema = z.tuple([z.string(), z.record(z.string(), z.string()), z.json()]);
const tableSchema = z.object({ members: z.array(rowSchema) });

/** The rows of a launch in the user data of its machines, in the members' order. */
export function receivedInputs(userData: string): readonly ReceivedInput[] {
  return tableSchema
    .parse(bootTable(userData))
    .members.map(([spawnId, env, input]) => ({ spawnId, env, input }));
}

/** The input in a container's variables. */
export function receivedVariables(variables: readonly string[]): ReceivedInput | null {
  const all = new Map(
    variables.map((one): [string, string] => {
      const equals = one.indexOf("=");
      return [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
  const [SPAWN, input] = [all.get("SPAWN"), all.get("SLIPWAY_INPUT")];
  const document: unknown = JSON.parse(all.get("SLIPWAY_BOOT_DOCUMENT") ?? "{}");
  const { spawn_id: spawnId } = z.object({ spawn_id: z.string() }).parse(document);
  if (SPAWN === undefined || input === undefined) return null;
  return { spawnId, env: { SPAWN }, input: z.json().parse(JSON.parse(input)) };
}

/** What is wrong with the inputs of these spawns' machines; null if each has its own spawn's, and no other's. */
export async function wrongInput(
  spawns: readonly (SpawnInput & {
    readonly spawnId: string;
    readonly machine: { readonly id: string } | null;
  })[],
  received: (machineId: string) => Promise<ReceivedInput | null>,
): Promise<string | null> {
  for (const { spawnId, machine, env, labels, input } of spawns) {
    const own = crashInput(spawnId);
    if (canonicalJson({ env, labels, input }) !== canonicalJson(own))
      return `spawn ${spawnId} is recorded with ${JSON.stringify({ env, labels, input })}`;
    if (machine === null) continue;
    const has = await received(machine.id);
    const wanted = { spawnId, env: own.env, input: own.input };
    if (canonicalJson(has) !== canonicalJson(wanted))
      return `machine ${machine.id} of spawn ${spawnId} has the input ${JSON.stringify(has)}`;
  }
  return null;
}
