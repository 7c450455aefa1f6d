import { toSnakeCase } from "../../json/field-case.ts";
import { asJsonObject } from "../../json/json-object.ts";
import type {
  Spawn,
  SpawnAttempt,
  SpawnDescription,
  SpawnEvent,
  SpawnMachine,
  SpawnState,
} from "../../ledger/spawn-record.ts";
import { launchId } from "../../ledger/launch-token.ts";
import { windowOf } from "../output/render.ts";
import type { Display, View } from "../output/render.ts";
import { shortAge } from "../arguments/duration.ts";
import { renderForm } from "../output/form.ts";
import {
  createTableRows,
  joinParts,
  renderDetails,
  renderFields,
  renderSection,
  renderTable,
} from "../output/table.ts";
import type { Color, Column } from "../output/table.ts";
import { CHECK_COLUMNS, planTable, sourcesTable } from "./plan-view.ts";

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
    table: (display) =>
      renderTable(columnsOf(spawns, display), spawns, display.color, windowOf(display)),
  };
}

/** The rows of a list that is watched; the labels have a column if any of its first spawns has some. */
export function createSpawnRows(): (spawns: readonly Spawn[], display: Display) => string {
  const rows = createTableRows<Spawn>();
  let hasLabels: boolean | null = null;
  return (spawns, display) => {
    if (spawns.length > 0) hasLabels ??= isLabelled(spawns);
    const columns = [...spawnColumns(display), ...(hasLabels === true ? [LABELS_COLUMN] : [])];
    return rows(columns, spawns, display.color);
  };
}

function isLabelled(spawns: readonly Spawn[]): boolean {
  return spawns.some(({ labels }) => Object.keys(labels).length > 0);
}

/** The labels have a column if any spawn has some. */
function columnsOf(spawns: readonly Spawn[], display: Display): readonly Column<Spawn>[] {
  return [...spawnColumns(display), ...(isLabelled(spawns) ? [LABELS_COLUMN] : [])];
}

export function viewSpawn(spawn: Spawn): View {
  return {
    value: toSnakeCase(spawn),
    table: (display) => joinParts([...spawnSections(spawn, display), errorSection(spawn, display)]),
  };
}

/** The parts of a description for people that are not always shown. */
export interface DescriptionOptions {
  /** Whether the whole plan is shown, with the source of each value. */
  readonly plan: boolean;
  /** Whether all events are shown, instead of the last ones. */
  readonly events: boolean;
}

/** The number of events that a description for people has. */
const LAST_EVENTS = 10;

export function viewDescription(description: SpawnDescription, shown: DescriptionOptions): View {
  const { events, plan } = description;
  const last = shown.events ? events : events.slice(-LAST_EVENTS);
  const left = events.length - last.length;
  const title =
    left === 0 ? "EVENTS" : `EVENTS (the last ${last.length} of ${events.length}; all: --events)`;
  return {
    value: toSnakeCase(description),
    table: (display) =>
      joinParts([
        ...spawnSections(description, display),
        renderSection(
          title,
          last.length === 0 ? "" : renderDetails(EVENT_COLUMNS, last, sectionWidth(display)),
        ),
        errorSection(description, display),
        ...(shown.plan
          ? [
              renderSection("PLAN", planTable(plan, sectionWidth(display))),
              renderSection("SOURCES", sourcesTable(plan, sectionWidth(display))),
            ]
          : []),
      ]),
  };
}

/** The width of a section's text, which is indented. */
function sectionWidth(display: Display): number | null {
  const window = windowOf(display);
  return window === null ? null : window - 2;
}

/** A spawn for people, without its error, which comes last. */
function spawnSections(spawn: Spawn, display: Display): readonly string[] {
  const { color, now } = display;
  const { machine } = spawn;
  const at = (time: string) => `${time} (${shortAge(now - Date.parse(time))} ago)`;
  return [
    renderSection(
      "SPAWN",
      renderFields(
        [
          ["ID", spawn.spawnId],
          ["WORKSPACE", spawn.workspace],
          ["STATE", spawn.state, STATE_COLORS[spawn.state]],
          ["SUBSTRATE", spawn.substrate],
          ["PLAN", spawn.planId],
          ["CREATED", at(spawn.createdAt)],
          ["UPDATED", at(spawn.updatedAt)],
        ],
        color,
        sectionWidth(display),
      ),
    ),
    renderSection("MACHINE", machine === null ? "" : machineText(spawn, machine, now)),
    renderSection("NETWORK", machine === null ? "" : networkText(machine)),
    renderSection(
      "INPUT",
      renderFields(
        [
          ["LABELS", pairsOf(spawn.labels)],
          ["ENV", pairsOf(spawn.env)],
          ["INPUT", spawn.input === null ? null : JSON.stringify(spawn.input)],
        ],
        false,
        sectionWidth(display),
      ),
    ),
    renderSection(
      "ATTEMPTS",
      spawn.attempts.length === 0
        ? ""
        : renderDetails(ATTEMPT_COLUMNS, spawn.attempts, sectionWidth(display)),
    ),
  ];
}

const ATTEMPT_COLUMNS: readonly Column<SpawnAttempt>[] = [
  { title: "ATTEMPT", cell: ({ attempt }) => attempt },
  { title: "PLACE", cell: ({ place }) => place },
  { title: "MACHINE TYPE", cell: ({ machineType }) => machineType },
  { title: "OUTCOME", cell: ({ outcome }) => outcome },
  { title: "REASON", cell: ({ reason }) => reason },
];

function machineText(spawn: Spawn, machine: SpawnMachine, now: number): string {
  const { settings } = machine;
  return joinParts([
    renderFields([
      ["ID", machine.id],
      ["PLACE", machine.place],
      ["ARCHITECTURE", machine.architecture],
      ["LAUNCH", launchOf(spawn)],
    ]),
    settings === undefined ? "" : renderForm(asJsonObject(toSnakeCase(settings)), now),
  ]);
}

function networkText({ addresses, ports }: SpawnMachine): string {
  return joinParts([
    renderFields([
      ["PRIVATE", addresses.private],
      ["PUBLIC", addresses.public],
      ["IPV6", addresses.ipv6],
    ]),
    ports.length === 0
      ? ""
      : renderTable(
          [
            { title: "PORT", cell: ({ port }) => port },
            { title: "HOST PORT", cell: ({ hostPort }) => hostPort },
          ],
          ports,
        ),
  ]);
}

function errorSection({ error }: Spawn, display: Display): string {
  if (error === null) return "";
  const failed = (error.checks ?? []).filter(({ outcome }) => outcome === "failed");
  return renderSection(
    "ERROR",
    joinParts([
      renderFields(
        [
          ["CODE", error.code],
          ["REASON", error.reason === "UNKNOWN_REASON" ? error.recordedReason : error.reason],
          ["MESSAGE", error.message],
          ["REMEDY", error.remedy],
        ],
        false,
        sectionWidth(display),
      ),
      failed.length === 0 ? "" : renderDetails(CHECK_COLUMNS, failed, sectionWidth(display)),
    ]),
  );
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
