import type { SlipwayError } from "../../errors.ts";
import { quoted } from "../terminal-text.ts";
import { usageError } from "./flags.ts";

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

// Node stores a timer's delay in 32 bits: a longer delay would fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Parses `90s`, `10m`, `1h` or `250ms` and returns milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/u.exec(text);
  const unit = MILLISECONDS.get(match?.[2] ?? "");
  if (match === null || unit === undefined) throw invalidDuration(text);
  const milliseconds = Number(match[1]) * unit;
  if (milliseconds === 0 || milliseconds > LONGEST_TIMER) throw invalidDuration(text);
  return milliseconds;
}

/** Like {@link parseDuration}, but also accepts `0` and `0s`. */
export function parseDurationOrZero(text: string): number {
  return /^0(?:ms|s|m|h)?$/u.test(text) ? 0 : parseDuration(text);
}

/** Formats milliseconds for people, rounded to one unit: `12 s`, `4 min`, `3 h`. */
export function approximateDuration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(milliseconds / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** Formats an age for people, as short as `12s`, `4m`, `3h` or `12d`. */
export function shortAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

const MILLISECONDS_OF_A_DAY = 24 * 3_600_000;

/** Parses an age such as `30d`, `12h` or `0s` and returns milliseconds. */
export function parseAge(text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/u.exec(text);
  const unit = match?.[2] === "d" ? MILLISECONDS_OF_A_DAY : MILLISECONDS.get(match?.[2] ?? "");
  if (match !== null && unit !== undefined) return Number(match[1]) * unit;
  throw usageError(
    `${quoted(text)} is not an age`,
    "Write a number and a unit, such as 12h or 30d.",
  );
}

/**
 * Parses a time in the past: an age such as `30m`, `2h` or `7d`, or a time such as `2026-11-22T04:00:00Z`.
 *
 * @returns RFC 3339, in UTC
 */
export function parseSince(text: string, now: number): string {
  const [, days] = /^(\d{1,5})d$/u.exec(text) ?? [];
  if (days !== undefined) return new Date(now - Number(days) * MILLISECONDS_OF_A_DAY).toISOString();
  if (/^\d+(?:ms|s|m|h)$/u.test(text)) return new Date(now - parseDuration(text)).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}/u.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw usageError(
    `--since: ${quoted(text)} is not an age or a time`,
    "Write an age such as 30m, 2h or 7d, or a time such as 2026-11-22T04:00:00Z.",
  );
}

function invalidDuration(text: string): SlipwayError {
  return usageError(
    `${quoted(text)} is not a valid duration`,
    "Write a number above 0 and a unit, such as 90s, 10m or 1h (at most 24 days).",
  );
}
