import type { SpawnEvent } from "../../ledger/spawn-record.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import type { View } from "../output/render.ts";
import { safeLine } from "../terminal-text.ts";

/** One event of a stream, by default as a line for people. */
export function viewEvent(event: SpawnEvent): View {
  const { at, spawnId, state, message } = event;
  return {
    value: toSnakeCase(event),
    format: "table",
    table: () => `${safeLine(`${at}  ${spawnId}  ${state}  ${message}`)}\n`,
  };
}
