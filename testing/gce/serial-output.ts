import type { JsonObject } from "../../src/errors.ts";
import { invalidField } from "./failure.ts";
import type { Instance } from "./records.ts";

/** One call returns at most the last mebibyte. */
const MAXIMUM_BYTES = 1024 * 1024;

/**
 * The serial port's output from `start` on, or its last mebibyte. A negative start counts from the end. `next` is the
 * start for the following call.
 */
export function serialOutput(instance: Instance, now: number, query: URLSearchParams): JsonObject {
  const port = numberOf(query, "port") ?? 1;
  if (port < 1 || port > 4) throw invalidField("port", String(port), "Must be between 1 and 4.");
  const bytes = port === 1 ? Buffer.from(printed(instance, now)) : Buffer.alloc(0);
  const asked = numberOf(query, "start") ?? 0;
  const wanted = asked < 0 ? Math.max(0, bytes.length + asked) : asked;
  const start = Math.max(wanted, bytes.length - MAXIMUM_BYTES);
  const contents = bytes.subarray(start);
  return {
    contents: contents.toString("utf8"),
    start: String(start),
    next: String(start + contents.length),
  };
}

function printed(instance: Instance, now: number): string {
  if (instance.serialOutput !== null) return instance.serialOutput;
  const isUp = instance.history.some(({ at, state }) => state === "RUNNING" && at <= now);
  return isUp ? `[    0.000000] Booting ${instance.name}\r\n${instance.name} login: ` : "";
}

function numberOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  if (!/^-?\d{1,15}$/.test(text)) throw invalidField(name, text, "Must be a number.");
  return Number(text);
}
