import { execFileSync } from "node:child_process";

/** Makes a named pipe without a writer: opened or read the ordinary way, it holds the reader for ever. */
export function makePipe(path: string): string {
  execFileSync("mkfifo", [path]);
  return path;
}
