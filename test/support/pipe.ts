import { execFileSync } from "node:child_process";

/** Makes a pipe without a writer: a reader that opens it in the ordinary way waits forever. */
export function makePipe(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}
