import { describe, expect, it } from "vitest";
import { listCommandOf } from "../../../../src/cli/spawning/list-command.ts";
import { sampleSpawn } from "../support/fake-slipway.ts";

const flags = { tenant: null, database: null };

describe("listCommandOf", () => {
  it("selects every state and the earliest time, and a workspace if there is one", () => {
    const spawns = [
      sampleSpawn({ state: "terminating" }),
      sampleSpawn({ state: "failed", createdAt: "2026-11-21T04:00:00.000Z" }),
    ];
    expect(listCommandOf(spawns, flags)).toBe(
      "slipway list --workspace agent-dev --state failed --state terminating --since 2026-11-21T04:00:00.000Z",
    );
    const several = [...spawns, sampleSpawn({ workspace: "other" })];
    expect(listCommandOf(several, flags)).not.toContain("--workspace");
  });

  it("repeats the tenant and the database, quoted for a shell", () => {
    const given = { tenant: "acme", database: "/it's here/$x.db" };
    expect(listCommandOf([sampleSpawn()], given)).toMatch(
      / --tenant acme --database '\/it'\\''s here\/\$x\.db'$/u,
    );
  });

  it("is none without spawns", () => {
    expect(listCommandOf([], flags)).toBeNull();
  });
});
