import { SPAWN_BRIEFS } from "../help/command-list.ts";
import { parseAge, parseDurationOrZero } from "../arguments/duration.ts";
import type { CommandRoute } from "../route.ts";
import { defineRoute } from "../route.ts";

const recover = defineRoute({
  usage: ["recover"],
  brief: SPAWN_BRIEFS.recover,
  description:
    "Spawns of a dead process on this host are resumed at once, those of another host when their lease has expired. Each spawn ends up running, failed or terminated. Running recover again is harmless.",
  load: async () => (await import("../commands/recover.ts")).recover,
  parameters: {},
});

const sweep = defineRoute<{ dryRun: boolean; grace: number }>({
  usage: ["sweep [--dry-run] [--grace 15m]"],
  brief: SPAWN_BRIEFS.sweep,
  description:
    "Checks every machine that carries this database's tag, and every such EC2 volume and network interface that is attached to no machine. What no live spawn of any tenant claims is first marked as a suspect. A later sweep removes it, once it has been a suspect for the grace period.",
  load: async () => (await import("../commands/sweep.ts")).sweep,
  parameters: {
    flags: {
      dryRun: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Report what would be terminated and why; change nothing",
      },
      grace: {
        kind: "parsed",
        parse: parseDurationOrZero,
        default: "15m",
        placeholder: "DURATION",
        brief: "How long a machine must be a suspect before it is terminated",
      },
    },
  },
});

const prune = defineRoute<{ dryRun: boolean; olderThan: number }>({
  usage: ["prune --older-than AGE [--dry-run]"],
  brief: SPAWN_BRIEFS.prune,
  description:
    "Deletes the tenant's spawns that ended so long ago, with their attempts, events and labels, and the plans that nothing refers to any more. A spawn that has not ended is never deleted. A deleted spawn's id is free again. An interrupt ends the command after the current batch, and it prints what it has deleted.",
  load: async () => (await import("../commands/prune.ts")).prune,
  parameters: {
    flags: {
      dryRun: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Count what would be deleted; change nothing",
      },
      olderThan: {
        kind: "parsed",
        parse: parseAge,
        placeholder: "AGE",
        brief: "How long ago a spawn must have ended, such as 12h or 30d",
      },
    },
  },
});

/** The commands that keep the ledger and the machines in order. */
export const upkeepRoutes = { recover, sweep, prune } satisfies Partial<
  Record<keyof typeof SPAWN_BRIEFS, CommandRoute>
>;
