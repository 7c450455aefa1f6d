import { styleText } from "node:util";
import type { Check, CheckOutcome } from "../../plan/plan.ts";
import type { Diagnosis } from "../../slipway/diagnosis/diagnose.ts";
import type { Display, View } from "../output/render.ts";
import type { Color } from "../output/table.ts";
import { wrapLine } from "../output/wrap.ts";
import { safeLine } from "../terminal-text.ts";

const WORDS = {
  passed: "ok",
  warning: "warning",
  failed: "problem",
  skipped: "skipped",
} as const satisfies Readonly<Record<CheckOutcome, string>>;

const COLORS: Readonly<Record<CheckOutcome, Color>> = {
  passed: "green",
  warning: "yellow",
  failed: "red",
  skipped: "gray",
};

const WIDEST_WORD = Math.max(...Object.values(WORDS).map((word) => word.length));
/** On a narrower terminal, the rest of a line begins below its first word. */
const LEAST_COLUMNS = 72;

/** One line for each check: its outcome, what it found, and below it the remedy. */
export function viewDiagnosis({ checks }: Diagnosis): View {
  return {
    value: { checks: checks.map(checkFields) },
    format: "table",
    table: (display) => diagnosisText(checks, display),
  };
}

function checkFields({ name, outcome, code, reason, message, remedy }: Check) {
  return {
    name,
    outcome: WORDS[outcome],
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    message,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

function diagnosisText(
  checks: readonly Check[],
  { color, columns = null }: Pick<Display, "color" | "columns">,
): string {
  const widest = Math.max(...checks.map(({ name }) => name.length));
  const isNarrow = columns !== null && columns < LEAST_COLUMNS;
  const hanging = " ".repeat(isNarrow ? 4 : WIDEST_WORD + widest + 4);
  const lines = checks.flatMap(({ name, outcome, message, remedy }) => {
    const word = WORDS[outcome].padEnd(WIDEST_WORD);
    const [first = "", ...rest] = wrapLine(
      safeLine(`${word}  ${name.padEnd(widest)}  ${message}`),
      columns,
      hanging,
    );
    const tail = first.slice(WIDEST_WORD);
    const head = color ? styleText(COLORS[outcome], word, { validateStream: false }) : word;
    const fix =
      remedy === undefined || remedy === ""
        ? []
        : wrapLine(safeLine(`${hanging}${remedy}`), columns, hanging);
    return [`${head}${tail}`, ...rest, ...fix];
  });
  return [...lines, "", summaryOf(checks)].map((line) => `${line}\n`).join("");
}

function summaryOf(checks: readonly Check[]): string {
  const count = (outcome: CheckOutcome, word: string): readonly string[] => {
    const { length } = checks.filter((check) => check.outcome === outcome);
    return length === 0 ? [] : [`${length} ${word}${length === 1 ? "" : "s"}`];
  };
  const found = [...count("failed", "problem"), ...count("warning", "warning")];
  return found.length === 0 ? "no problems" : found.join(", ");
}
