import type { SpawnEvent } from "../../ledger/spawn-record.ts";
import { toSnakeCase } from "../../json/field-case.ts";
import type { OutputFormat } from "../global-flag-list.ts";
import { renderJson, renderYaml } from "../output/render.ts";
import { safeLine } from "../terminal-text.ts";

/** Renders one event of a stream: an object on one line of JSON, a YAML document, or a line for people. */
export async function renderEvent(event: SpawnEvent, format: OutputFormat): Promise<string> {
  switch (format) {
    case "json":
      return `${renderJson(toSnakeCase(event))}\n`;
    case "yaml":
      return `---\n${await renderYaml(toSnakeCase(event))}`;
    case "name":
      return `${safeLine(event.spawnId)}\n`;
    case "table":
    case "wide":
      return `${safeLine(`${event.at}  ${event.spawnId}  ${event.state}  ${event.message}`)}\n`;
  }
}
