// Data only, no imports: `slipway --help` has to wait for every module that it loads.

export const OUTPUT_FORMATS = ["yaml", "json", "table", "wide", "name"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];
/** The formats that every command has: not every result has names. */
export const DEFAULT_OUTPUTS = ["yaml", "json", "table", "wide"] as const;

export interface GlobalFlagDescription {
  readonly flag: string;
  readonly alias?: string;
  /** Absent for a flag that takes no value. */
  readonly value?: string;
  readonly environment?: string;
  readonly brief: string;
}

/** The flags that every command accepts. */
export const GLOBAL_FLAGS: readonly GlobalFlagDescription[] = [
  {
    flag: "--output",
    alias: "-o",
    value: OUTPUT_FORMATS.join("|"),
    brief: "Output format (default: table on a terminal, otherwise yaml)",
  },
  {
    flag: "--query",
    value: "EXPR",
    brief: "Print only what this JMESPath expression selects, such as [].spawn_id",
  },
  {
    flag: "--context",
    value: "NAME",
    environment: "SLIPWAY_CONTEXT",
    brief: "Context of the configuration file to use (default: the current one)",
  },
  {
    flag: "--tenant",
    value: "NAME",
    environment: "SLIPWAY_TENANT",
    brief: 'Tenant whose catalog and spawns to use (default: "default")',
  },
  {
    flag: "--database",
    value: "FILE",
    environment: "SLIPWAY_DATABASE",
    brief: "Database file (default: ~/.local/share/slipway/slipway.db, or in $XDG_DATA_HOME)",
  },
  {
    flag: "--key-file",
    value: "FILE",
    environment: "SLIPWAY_KEY_FILE",
    brief: "File with the key that seals secrets (default: next to the database)",
  },
  { flag: "--quiet", brief: "Print no progress and no warnings" },
  { flag: "--verbose", brief: "Print more about progress and failures" },
];
