import { homedir } from "node:os";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a program that embeds Slipway inherits from its surroundings, where it gives nothing else. */
export interface ProcessEnvironment {
  readonly environment: Environment;
  readonly home: string;
}

export function processEnvironment(): ProcessEnvironment {
  return { environment: process.env, home: homedir() };
}
