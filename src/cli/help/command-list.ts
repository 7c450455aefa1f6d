// Data alone, without an import: `slipway --help` waits for every module that is loaded.

export interface CommandGroup {
  readonly title: string;
  /** What each command is for, in the order of the help. */
  readonly briefs: Readonly<Record<string, string>>;
}

export const CATALOG_BRIEFS = {
  set: "Write a whole resource, read as YAML or JSON from standard input",
  patch: "Change named fields only",
  get: "Show one resource, or list all of a kind",
  delete: "Delete a resource that no other refers to",
  history: "Show a resource's generations, newest first",
} as const;

export const SPAWN_BRIEFS = {
  resolve: "Decide everything about a launch and change nothing: print the plan",
  spawn: "Make one machine and wait until it runs",
  list: "List the spawns, newest first",
  describe: "Show one spawn: its plan, attempts, events and machine",
  logs: "Print what the machine printed",
  terminate: "End machines; their records stay",
  watch: "Print events as they come, until the spawns settle",
  recover: "Take up every unfinished spawn, and return when they have settled",
  sweep: "Find machines that carry our tag and that no live spawn claims",
} as const;

export const TOOL_BRIEFS = {
  inspect: "Show a container image's manifest, ids and configuration without pulling it",
  fake: "Run a local stand-in for a cloud, for trying and testing",
  completion: "Print a shell's completion script",
} as const;

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: "Catalog", briefs: CATALOG_BRIEFS },
  { title: "Spawns", briefs: SPAWN_BRIEFS },
  { title: "Tools", briefs: TOOL_BRIEFS },
];
