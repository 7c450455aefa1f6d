import type { JsonObject } from "../../errors.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import type {
  Spawn,
  SpawnDescription,
  SpawnEvent,
  SpawnMachine,
} from "../../ledger/spawn-record.ts";
import { launchId } from "../../ledger/launch-token.ts";
import type { View } from "../output/render.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";
import type { Column } from "../output/table.ts";
import { planTable } from "./plan-view.ts";

const SPAWN_COLUMNS: readonly Column<Spawn>[] = [
  { title: "SPAWN", cell: (spawn) => spawn.spawnId },
  { title: "WORKSPACE", cell: (spawn) => spawn.workspace },
  { title: "STATE", cell: (spawn) => spawn.state },
  { title: "SUBSTRATE", cell: (spawn) => spawn.substrate },
  { title: "MACHINE", cell: (spawn) => shortMachine(spawn) },
  { title: "PLACE", cell: (spawn) => spawn.machine?.place },
  { title: "CREATED", cell: (spawn) => spawn.createdAt },
  { title: "ERROR", cell: (spawn) => textField(spawn.error, "reason") },
];

const LABELS_COLUMN: Column<Spawn> = { title: "LABELS", cell: ({ labels }) => pairsOf(labels) };

const EVENT_COLUMNS: readonly Column<Omit<SpawnEvent, "sequence" | "spawnId">>[] = [
  { title: "AT", cell: (event) => event.at },
  { title: "STATE", cell: (event) => event.state },
  { title: "EVENT", cell: (event) => event.message },
];

export function viewSpawns(spawns: readonly Spawn[]): View {
  return {
    value: toSnakeCase(spawns),
    table: () => renderTable(columnsOf(spawns), spawns),
  };
}

/** The labels have a column if any spawn has some. */
function columnsOf(spawns: readonly Spawn[]): readonly Column<Spawn>[] {
  const isLabelled = spawns.some(({ labels }) => Object.keys(labels).length > 0);
  return isLabelled ? [...SPAWN_COLUMNS, LABELS_COLUMN] : SPAWN_COLUMNS;
}

export function viewSpawn(spawn: Spawn): View {
  return { value: toSnakeCase(spawn), table: () => spawnTable(spawn) };
}

export function viewDescription(description: SpawnDescription): View {
  return {
    value: toSnakeCase(description),
    table: () =>
      joinParts([
        spawnTable(description),
        renderTable(EVENT_COLUMNS, description.events),
        planTable(description.plan),
      ]),
  };
}

function spawnTable(spawn: Spawn): string {
  const { machine } = spawn;
  const fields = renderFields([
    ["SPAWN", spawn.spawnId],
    ["WORKSPACE", spawn.workspace],
    ["STATE", spawn.state],
    ["SUBSTRATE", spawn.substrate],
    ["PLAN", spawn.planId],
    ["LABELS", pairsOf(spawn.labels)],
    ["ENV", pairsOf(spawn.env)],
    ["INPUT", spawn.input === null ? null : JSON.stringify(spawn.input)],
    ["MACHINE", machine?.id],
    ["PLACE", machine?.place],
    ["LAUNCH", launchOf(spawn)],
    ["ARCHITECTURE", machine?.architecture],
    ["PRIVATE", machine?.addresses.private],
    ["PUBLIC", machine?.addresses.public],
    ["IPV6", machine?.addresses.ipv6],
    ["PORTS", portsOf(machine)],
    ["CREATED", spawn.createdAt],
    ["UPDATED", spawn.updatedAt],
    ["ERROR", textField(spawn.error, "message")],
    ["REMEDY", textField(spawn.error, "remedy")],
  ]);
  const attempts =
    spawn.attempts.length === 0
      ? ""
      : renderTable(
          [
            { title: "ATTEMPT", cell: ({ attempt }) => attempt },
            { title: "PLACE", cell: ({ place }) => place },
            { title: "MACHINE TYPE", cell: ({ machineType }) => machineType },
            { title: "OUTCOME", cell: ({ outcome }) => outcome },
            { title: "REASON", cell: ({ reason }) => reason },
          ],
          spawn.attempts,
        );
  return joinParts([fields, attempts]);
}

/** `key=value` pairs; null if there are none. */
function pairsOf(map: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(map).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? null : pairs.join(",");
}

/** The launch as its machines are tagged, and the member that the spawn is. */
function launchOf({ launch }: Spawn): string | null {
  return launch === null ? null : `${launchId(launch.token)} index ${launch.index}`;
}

function portsOf(machine: SpawnMachine | null): string | null {
  if (machine === null || machine.ports.length === 0) return null;
  return machine.ports.map(({ port, hostPort }) => `${port} at ${hostPort}`).join(", ");
}

/** Shortens a container id from 64 to 12 digits, as engines do; they accept the short form too. */
function shortMachine({ machine }: Spawn): string | undefined {
  if (machine === null) return undefined;
  return /^[0-9a-f]{64}$/u.test(machine.id) ? machine.id.slice(0, 12) : machine.id;
}

function textField(value: JsonObject | null, field: string): string | undefined {
  const found = value?.[field];
  return typeof found === "string" ? found : undefined;
}
