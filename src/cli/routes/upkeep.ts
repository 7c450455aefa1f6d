import { SPAWN_BRIEFS } from "../help/command-list.ts";
import { parsePeriod } from "../arguments/duration.ts";
import { defineRoute } from "../route.ts";

/** What sees to spawns that nobody waits for. */

export const recover = defineRoute({
  usage: ["recover"],
  brief: SPAWN_BRIEFS.recover,
  description:
    "What a dead process of this host drove is taken up at once, another host's when its lease has run out. Each comes to running, failed or terminated; repeating it is harmless.",
  load: async () => (await import("../commands/recover.ts")).recover,
  parameters: {},
});

export const sweep = defineRoute<{ dryRun: boolean; grace: number }>({
  usage: ["sweep [--dry-run] [--grace 15m]"],
  brief: SPAWN_BRIEFS.sweep,
  description:
    "Looks at every machine that carries this database's tag. One that no live spawn of any tenant claims is a suspect at first; a later sweep terminates it, once it has been one for the grace period.",
  load: async () => (await import("../commands/sweep.ts")).sweep,
  parameters: {
    flags: {
      dryRun: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Tell what would be terminated and why; write and end nothing",
      },
      grace: {
        kind: "parsed",
        parse: parsePeriod,
        default: "15m",
        placeholder: "DURATION",
        brief: "Terminate no machine before it has been a suspect for so long",
      },
    },
  },
});
