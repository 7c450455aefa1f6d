import { homedir } from "node:os";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment that a program with Slipway in it inherits, unless it passes another one. */
export interface ProcessEnvironment {
  readonly environment: Environment;
  readonly home: string;
}

export function processEnvironment(): ProcessEnvironment {
  return { environment: process.env, home: homedir() };
}
