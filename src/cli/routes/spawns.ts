import { SPAWN_BRIEFS } from "../help/command-list.ts";
import type { CliContext } from "../context.ts";
import { parseDuration } from "../arguments/duration.ts";
import { asTyped, MOST_AT_ONCE, wholeNumber } from "../arguments/flags.ts";
import { liveSpawnId, spawnId } from "../arguments/spawn-id.ts";
import { proposeNames, proposeSortKeys, proposeStates } from "../help/proposals.ts";
import type { CommandRoute } from "../route.ts";
import { defineRoute } from "../route.ts";
import { upkeepRoutes } from "./upkeep.ts";

/** The common part of every argument and flag that names a workspace. */
const workspace = {
  placeholder: "WORKSPACE",
  parse: asTyped,
  proposeCompletions(this: CliContext) {
    return proposeNames(this, "workspace");
  },
} as const;

const labelFlag = {
  kind: "parsed",
  parse: asTyped,
  optional: true,
  variadic: true,
  placeholder: "key=value",
} as const;

const workspaceFlag = { ...workspace, kind: "parsed", optional: true } as const;

const resolve = defineRoute<{ save?: string; offline: boolean }, [workspace: string]>({
  usage: ["resolve WORKSPACE [--save FILE] [--offline]"],
  brief: SPAWN_BRIEFS.resolve,
  load: async () => (await import("../commands/resolve.ts")).resolve,
  parameters: {
    flags: {
      save: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "Also save the plan to this file, for spawn --plan",
      },
      offline: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Use the catalog only and contact no provider; the plan cannot be spawned",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ ...workspace, brief: "The workspace to resolve" }],
    },
  },
});

const spawn = defineRoute<
  {
    plan?: string;
    allowStale: boolean;
    id?: string;
    count?: number;
    env?: readonly string[];
    label?: readonly string[];
    inputFile?: string;
    inputs?: string;
    noWait: boolean;
    timeout?: number;
  },
  [workspace?: string]
>({
  usage: [
    "spawn WORKSPACE [--id SPAWN_ID] [--count N] [--no-wait] [--timeout DURATION]",
    "spawn --plan FILE [--allow-stale] [--id SPAWN_ID] [--count N] [--no-wait] [--timeout DURATION]",
    "spawn ... [--env KEY=VALUE...] [--label key=value...] [--input-file FILE | --inputs FILE]",
  ],
  brief: SPAWN_BRIEFS.spawn,
  description:
    "The same id always means the same machine: repeat an interrupted command with its id and the same input to resume it. Variables, labels and inputs are shown as they are: never put secrets there.",
  load: async () => (await import("../commands/spawn.ts")).spawn,
  parameters: {
    flags: {
      plan: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "Spawn this plan, saved with resolve --save, instead of resolving a workspace",
      },
      allowStale: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Spawn the plan even if a record it was resolved from has changed",
      },
      id: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "SPAWN_ID",
        brief: "The spawn's id, [a-z][a-z0-9-]{0,62} (default: generated)",
      },
      count: {
        kind: "parsed",
        parse: wholeNumber(1, MOST_AT_ONCE),
        optional: true,
        placeholder: "N",
        brief:
          "Launch N machines (up to 10000) and print a list; with --id X their ids are X-0, X-1 and so on",
      },
      env: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        variadic: true,
        placeholder: "KEY=VALUE",
        brief: "An environment variable for the machine; may be repeated",
      },
      label: {
        ...labelFlag,
        brief: "A label, for list --label and the machine's tags; may be repeated",
      },
      inputFile: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief: "A JSON file of at most 4 KiB, for the program on the machine",
      },
      inputs: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FILE",
        brief:
          "A file with one JSON input on each line: launch one machine for each, and print a list",
      },
      noWait: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Return once the launch is accepted",
      },
      timeout: {
        kind: "parsed",
        parse: parseDuration,
        optional: true,
        placeholder: "DURATION",
        brief:
          "Cancel after this time, and terminate any launched machine (default: only the limits of each step)",
      },
    },
    positional: {
      kind: "tuple",
      parameters: [{ ...workspace, brief: "The workspace to spawn", optional: true }],
    },
  },
});

const list = defineRoute<{
  all: boolean;
  workspace?: string;
  state?: readonly string[];
  label?: readonly string[];
  since?: string;
  limit?: number;
  sort?: string;
  refresh: boolean;
  watch: boolean;
}>({
  usage: [
    "list [--all] [--workspace WORKSPACE] [--state STATE...] [--label key=value...] [--since AGE] [--sort FIELD] [--limit N] [--refresh] [--watch]",
  ],
  brief: SPAWN_BRIEFS.list,
  description:
    "Without --all and --state, only spawns that have not ended. -o wide shows more columns, -o name one id on each line.",
  load: async () => (await import("../commands/list.ts")).list,
  parameters: {
    flags: {
      all: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also spawns that have ended",
      },
      workspace: { ...workspaceFlag, brief: "Only spawns of this workspace" },
      state: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        variadic: true,
        placeholder: "STATE",
        brief: "Only spawns in this state; may be repeated",
        proposeCompletions: proposeStates,
      },
      label: { ...labelFlag, brief: "Only spawns with this label; several must all match" },
      since: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "AGE",
        brief: "Only spawns created in the last 30m, 2h or 7d, or since a time",
      },
      limit: {
        kind: "parsed",
        parse: wholeNumber(1),
        optional: true,
        placeholder: "N",
        brief: "At most N spawns",
      },
      sort: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "FIELD",
        brief:
          "Sort by created, updated, spawn, workspace, state or place; ~FIELD reverses (default: ~created)",
        proposeCompletions: proposeSortKeys,
      },
      refresh: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Check the machines first: some may have ended on their own",
      },
      watch: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Then print each change on a line of its own, until interrupted",
      },
    },
    aliases: { a: "all", w: "watch" },
  },
});

const describe = defineRoute<
  { machine?: string; plan: boolean; events: boolean },
  [spawnId?: string]
>({
  usage: ["describe SPAWN_ID [--plan] [--events]", "describe --machine ID [--plan] [--events]"],
  brief: SPAWN_BRIEFS.describe,
  description: "-o yaml and -o json always have the whole plan and all events.",
  load: async () => (await import("../commands/describe.ts")).describe,
  parameters: {
    flags: {
      machine: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "ID",
        brief:
          "The spawn of this machine: an instance id, projects/P/zones/Z/instances/NAME, or a container's id",
      },
      plan: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Also show the plan: its candidates and checks, and the source of each value",
      },
      events: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Show all events, not only the last 10",
      },
    },
    positional: { kind: "tuple", parameters: [{ ...spawnId, optional: true }] },
  },
});

const logs = defineRoute<
  {
    follow: boolean;
    tail?: number;
    since?: string;
    workspace?: string;
    label?: readonly string[];
  },
  string[]
>({
  usage: [
    "logs SPAWN_ID... [--follow] [--since AGE] [--tail N]",
    "logs --workspace WORKSPACE [--label key=value...] [--follow] [--since AGE] [--tail N]",
  ],
  brief: SPAWN_BRIEFS.logs,
  description:
    "The output of several machines is printed by lines, each with its spawn's id. --workspace and --label select live spawns.",
  load: async () => (await import("../commands/logs.ts")).logs,
  parameters: {
    flags: {
      follow: {
        kind: "boolean",
        default: false,
        withNegated: false,
        brief: "Keep printing until the machines end",
      },
      tail: {
        kind: "parsed",
        parse: wholeNumber(0),
        optional: true,
        placeholder: "N",
        brief: "Start with the last N lines of each machine (default: all lines)",
      },
      since: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "AGE",
        brief: "Start with the output of the last 30m, 2h or 7d, or since a time; containers only",
      },
      workspace: { ...workspaceFlag, brief: "The live spawns of this workspace" },
      label: { ...labelFlag, brief: "Live spawns with this label; several must all match" },
    },
    aliases: { f: "follow" },
    positional: { kind: "array", parameter: liveSpawnId },
  },
});

const terminate = defineRoute<{ workspace?: string; timeout?: number }, string[]>({
  usage: [
    "terminate SPAWN_ID... [--timeout DURATION]",
    "terminate --workspace WORKSPACE [--timeout DURATION]",
  ],
  brief: SPAWN_BRIEFS.terminate,
  load: async () => (await import("../commands/terminate.ts")).terminate,
  parameters: {
    flags: {
      workspace: { ...workspaceFlag, brief: "Terminate all machines of this workspace" },
      timeout: {
        kind: "parsed",
        parse: parseDuration,
        optional: true,
        placeholder: "DURATION",
        brief: "Stop waiting after this time; the spawns stay terminating",
      },
    },
    positional: { kind: "array", parameter: liveSpawnId },
  },
});

const watch = defineRoute<{ since?: string; until?: "settled" }, string[]>({
  usage: ["watch [SPAWN_ID...] [--since AGE|all] [--until settled]"],
  brief: SPAWN_BRIEFS.watch,
  load: async () => (await import("../commands/watch.ts")).watch,
  parameters: {
    flags: {
      since: {
        kind: "parsed",
        parse: asTyped,
        optional: true,
        placeholder: "AGE",
        brief: "Begin with the events of the last 5m, 2h or 7d, since a time, or with all",
      },
      until: {
        kind: "enum",
        values: ["settled"],
        optional: true,
        placeholder: "settled",
        brief: "End once all of the spawns have settled",
      },
    },
    positional: { kind: "array", parameter: liveSpawnId },
  },
});

/** The commands that launch, show and terminate machines. */
export const spawnRoutes: Readonly<Record<keyof typeof SPAWN_BRIEFS, CommandRoute>> = {
  resolve,
  spawn,
  list,
  describe,
  logs,
  terminate,
  watch,
  ...upkeepRoutes,
};
