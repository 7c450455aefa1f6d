import type { OutputFormat } from "../global-flag-list.ts";

/** Settings under a name, which a command uses where neither a flag nor a variable says otherwise. */
export interface NamedContext {
  /** An absolute path. */
  readonly database?: string;
  /** An absolute path. */
  readonly keyFile?: string;
  readonly tenant?: string;
  readonly defaultOutput?: OutputFormat;
}

export interface Configuration {
  /** The context that is used if neither a flag nor a variable names one; null if there is none. */
  readonly current: string | null;
  readonly contexts: ReadonlyMap<string, NamedContext>;
}

export interface ChosenContext {
  readonly name: string;
  readonly settings: NamedContext;
  /** How it was chosen: by a flag, a variable, or as the current context of the configuration file. */
  readonly source: "flag" | "variable" | "configuration";
}

/** A context that always exists and sets nothing. */
export const NO_CONTEXT = "default";

/** Docker's grammar, which keeps a name from looking like a flag, and `@` and `:` as in the names of other tools. */
const CONTEXT_NAME = /^[A-Za-z0-9][A-Za-z0-9_.+@:-]{0,127}$/;
export const CONTEXT_NAME_RULE =
  "Use letters, digits and _.+@:-, the first a letter or a digit; `default` is taken.";

export function isContextName(name: string): boolean {
  return CONTEXT_NAME.test(name) && name !== NO_CONTEXT;
}
