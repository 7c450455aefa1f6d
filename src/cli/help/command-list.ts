// Data only, no imports: `slipway --help` has to wait for every module that it loads.

export interface CommandGroup {
  readonly title: string;
  /** Each command's purpose, in the order of the help. */
  readonly briefs: Readonly<Record<string, string>>;
}

export const CATALOG_BRIEFS = {
  apply: "Write the resources of files: create, change or leave each one as it is",
  diff: "Show what apply would change; exit with 1 if there is a difference",
  export: "Print the whole catalog as documents that apply accepts",
  set: "Write a whole resource, read as YAML or JSON from a file or standard input",
  patch: "Change only the named fields of a resource",
  get: "Show one resource, or list all resources of a kind",
  delete: "Delete resources that no other resource refers to",
  explain: "Describe a kind of record and its fields: type, default, choices and an example",
  history: "Show a resource's generations, newest first",
  secrets: "Replace the key that seals the values of all secrets",
} as const;

export const SPAWN_BRIEFS = {
  resolve: "Dry run: decide everything about a launch and print the plan",
  spawn: "Launch one machine and wait until it runs",
  list: "List live spawns, newest first; --all for finished ones too",
  describe: "Show one spawn: its plan, attempts, events and machine",
  logs: "Print a machine's output",
  terminate: "Terminate machines; their records stay",
  watch: "Print events as they happen, one on each line",
  recover: "Resume every unfinished spawn, and return when all have settled",
  sweep: "Find and remove machines, volumes and interfaces that no live spawn claims",
  prune: "Delete the records of spawns that ended long ago",
} as const;

export const ACCESS_BRIEFS = {
  exec: "Run a command in a container; for virtual machines, name the provider's command",
  shell: "Open a shell in a container",
  ports: "Show the addresses of a machine's ports",
  "ssh-config": "Print OpenSSH's configuration of virtual machines",
} as const;

export const TOOL_BRIEFS = {
  doctor: "Check the database, key, engines, registries, clouds, clock and versions",
  inspect: "Show a container image's manifest, ids and configuration without pulling it",
  fake: "Run a local fake of a cloud, for trying things out and for tests",
  context: "Show, choose and change the contexts of the configuration file",
  completion: "Print a shell's completion script",
  help: "Show the help of a command",
  version: "Show the version",
} as const;

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: "Catalog", briefs: CATALOG_BRIEFS },
  { title: "Spawns", briefs: SPAWN_BRIEFS },
  { title: "Access", briefs: ACCESS_BRIEFS },
  { title: "Tools", briefs: TOOL_BRIEFS },
];
