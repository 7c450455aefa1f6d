import { userInfo } from "node:os";
import { errorCode } from "./error-code.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment that a program with Slipway in it inherits, unless it passes another one. */
export interface ProcessEnvironment {
  readonly environment: Environment;
  readonly home: string;
}

export function processEnvironment(): ProcessEnvironment {
  return { environment: process.env, home: homeFolder(process.env) };
}

/** The home of users without one: container engines start them with this `HOME`. */
const NO_HOME = "/";

/** The user's entry in the system's list. */
interface ListedUser {
  readonly homedir: string | null;
  readonly username: string;
}

/**
 * The user's home folder: `HOME`, or else that of the user's entry in the system's list. In a container, a user may have
 * neither. Like Docker's command, Slipway goes on without.
 *
 * @param listed reads the entry; throws an error of the system if there is none
 */
export function homeFolder(
  { HOME: given = "" }: Environment,
  listed: () => ListedUser = userInfo,
): string {
  return given || entryOf(listed)?.homedir || NO_HOME;
}

/** The user's login name, or the number of a user without one. */
export function userName(listed: () => ListedUser = userInfo): string {
  return entryOf(listed)?.username || `uid ${process.getuid?.() ?? "unknown"}`;
}

function entryOf(listed: () => ListedUser): ListedUser | null {
  try {
    return listed();
  } catch (caught) {
    if (errorCode(caught) === null) throw caught;
    return null;
  }
}
