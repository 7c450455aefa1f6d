import type { OwnTerminal } from "../../../../src/cli/context.ts";

/** A terminal that records when it begins to pass keys on, and when it is restored. */
export function fakeTerminal() {
  const modes: string[] = [];
  const terminal: OwnTerminal = {
    size: () => ({ columns: 100, rows: 30 }),
    onResize: () => ({ [Symbol.dispose]: () => undefined }),
    passKeys: () => {
      modes.push("raw");
      return { [Symbol.dispose]: () => void modes.push("restored") };
    },
  };
  return { terminal, modes };
}
