import { toSnakeCase } from "../../json/field-case.ts";
import type {
  Spawn,
  SpawnDescription,
  SpawnEvent,
  SpawnMachine,
  SpawnState,
} from "../../ledger/spawn-record.ts";
import { launchId } from "../../ledger/launch-token.ts";
import type { Display, View } from "../output/render.ts";
import { shortAge } from "../arguments/duration.ts";
import { joinParts, renderFields, renderTable } from "../output/table.ts";
import type { Color, Column } from "../output/table.ts";
import { planTable } from "./plan-view.ts";

function spawnColumns({ wide, now }: Display): readonly Column<Spawn>[] {
  return [
    { title: "SPAWN", cell: (spawn) => spawn.spawnId },
    { title: "WORKSPACE", cell: (spawn) => spawn.workspace },
    { title: "STATE", cell: (spawn) => spawn.state, color: ({ state }) => STATE_COLORS[state] },
    { title: "SUBSTRATE", cell: (spawn) => spawn.substrate },
    { title: "MACHINE", cell: (spawn) => (wide ? spawn.machine?.id : shortMachine(spawn)) },
    { title: "PLACE", cell: (spawn) => spawn.machine?.place },
    ...(wide ? WIDE_COLUMNS : [ageColumn(now)]),
    { title: "ERROR", cell: (spawn) => spawn.error?.reason },
  ];
}

const WIDE_COLUMNS: readonly Column<Spawn>[] = [
  { title: "PRIVATE", cell: ({ machine }) => machine?.addresses.private },
  { title: "PUBLIC", cell: ({ machine }) => machine?.addresses.public },
  { title: "PORTS", cell: ({ machine }) => portsOf(machine) },
  { title: "CREATED", cell: ({ createdAt }) => createdAt },
  { title: "UPDATED", cell: ({ updatedAt }) => updatedAt },
  { title: "PLAN", cell: ({ planId }) => planId },
];

function ageColumn(now: number): Column<Spawn> {
  return { title: "AGE", cell: ({ createdAt }) => shortAge(now - Date.parse(createdAt)) };
}

const STATE_COLORS: Readonly<Record<SpawnState, Color>> = {
  pending: "yellow",
  launching: "yellow",
  booting: "yellow",
  running: "green",
  terminating: "yellow",
  terminated: "gray",
  failed: "red",
};

const LABELS_COLUMN: Column<Spawn> = { title: "LABELS", cell: ({ labels }) => pairsOf(labels) };

const EVENT_COLUMNS: readonly Column<Omit<SpawnEvent, "sequence" | "spawnId">>[] = [
  { title: "AT", cell: (event) => event.at },
  { title: "STATE", cell: (event) => event.state },
  { title: "EVENT", cell: (event) => event.message },
];

export function viewSpawns(spawns: readonly Spawn[]): View {
  return {
    value: toSnakeCase(spawns),
    table: (display) => renderTable(columnsOf(spawns, display), spawns, display.color),
  };
}

/** The labels have a column if any spawn has some. */
function columnsOf(spawns: readonly Spawn[], display: Display): readonly Column<Spawn>[] {
  const isLabelled = spawns.some(({ labels }) => Object.keys(labels).length > 0);
  return [...spawnColumns(display), ...(isLabelled ? [LABELS_COLUMN] : [])];
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
    ["ERROR", spawn.error?.message],
    ["REMEDY", spawn.error?.remedy],
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

/**
 * Shortens a container id from 64 to 12 digits, as engines do, which accept the short form too, and the path of a Compute
 * Engine VM to its name.
 */
function shortMachine({ machine }: Spawn): string | undefined {
  if (machine === null) return undefined;
  if (/^[0-9a-f]{64}$/u.test(machine.id)) return machine.id.slice(0, 12);
  return machine.id.slice(machine.id.lastIndexOf("/") + 1);
}
