// Data alone, without an import: `slipway --help` waits for every module that is loaded.

export const OUTPUT_FORMATS = ["yaml", "json", "table"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface GlobalFlagDescription {
  readonly flag: string;
  readonly alias?: string;
  /** Absent for a flag without a value. */
  readonly value?: string;
  readonly environment?: string;
  readonly brief: string;
}

/** The flags that every command takes. */
export const GLOBAL_FLAGS: readonly GlobalFlagDescription[] = [
  {
    flag: "--output",
    alias: "-o",
    value: OUTPUT_FORMATS.join("|"),
    brief: "Form of the result (default: yaml; table for a list on a terminal)",
  },
  {
    flag: "--tenant",
    value: "NAME",
    environment: "SLIPWAY_TENANT",
    brief: 'Whose catalog and spawns (default: "default")',
  },
  {
    flag: "--database",
    value: "FILE",
    environment: "SLIPWAY_DATABASE",
    brief: "The database (default: ~/.local/share/slipway/slipway.db, or in $XDG_DATA_HOME)",
  },
  {
    flag: "--key-file",
    value: "FILE",
    environment: "SLIPWAY_KEY_FILE",
    brief: "The key that secrets are sealed with (default: beside the database)",
  },
  { flag: "--quiet", brief: "No progress and no warnings" },
  { flag: "--verbose", brief: "More about progress and about failures" },
];
