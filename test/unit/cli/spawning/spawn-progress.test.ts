import { describe, expect, it } from "vitest";
import { reportProgress } from "../../../../src/cli/spawning/spawn-progress.ts";
import type { Progress } from "../../../../src/cli/output/progress.ts";
import type { SpawnNotice } from "../../../../src/spawner/notice.ts";

/** The lines that are printed for these notices, each with its kind. */
function printed(...notices: readonly SpawnNotice[]): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  const ignore = () => undefined;
  const progress: Progress = {
    silent: false,
    interactive: false,
    warn: ignore,
    hint: ignore,
    clear: ignore,
    ifSilent: () => ({ [Symbol.dispose]: ignore }),
    state: (line) => lines.push(["state", line]),
    detail: (line) => lines.push(["detail", line]),
  };
  const report = reportProgress(progress);
  for (const notice of notices) report(notice);
  return lines;
}

function launching(message: string): SpawnNotice {
  return { kind: "event", event: { spawnId: "one", at: "", state: "launching", message } };
}

function waiting(milliseconds: number): SpawnNotice {
  return { kind: "waiting", spawnId: "one", milliseconds, message: "its turn" };
}

describe("the progress of a spawn", () => {
  it("shows a refusal in the provider's words, although the spawn stays launching", () => {
    const refusal = "MaxSpotInstanceCountExceeded: Max spot instance count exceeded";
    const lines = printed(
      launching("launching in us-east-1a"),
      launching(`${refusal}; launching in us-east-1a on demand`),
    );
    expect(lines).toEqual([
      ["state", "one: launching: launching in us-east-1a"],
      ["state", `one: launching: ${refusal}; launching in us-east-1a on demand`],
    ]);
  });

  it("shows once that it waits, and the rest as details", () => {
    expect(printed(waiting(5_000), waiting(4_000)).map(([kind]) => kind)).toEqual([
      "state",
      "detail",
    ]);
  });
});
