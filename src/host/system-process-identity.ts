import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { errorCode } from "./error-code.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** The parts of a worker's id: the namespace in which its process id is valid, that id, and its start time. */
interface Identity {
  readonly processNamespace: string;
  readonly pid: number;
  /**
   * The kernel's count at its start; empty if there is none. Process ids are reused, pairs of id and start time are
   * not.
   */
  readonly startTime: string;
}

/**
 * The identity of this process. On Linux the id holds the boot id, the pid namespace, the pid and the start time, so
 * that a process of the same host is known to be gone as soon as it has ended. Elsewhere it holds the host name and the
 * pid.
 */
export function systemProcessIdentity(): ProcessIdentity {
  const own: Identity = {
    processNamespace: processNamespace(),
    pid: process.pid,
    startTime: readStartTime(process.pid),
  };
  return {
    id: [own.processNamespace, own.pid, own.startTime, randomUUID()].join("/"),
    isGone(worker) {
      const other = parse(worker);
      if (other === null || other.processNamespace !== own.processNamespace) return false;
      if (!isAlive(other.pid)) return true;
      const startTime = readStartTime(other.pid);
      // If the kernel hides other users' processes, only their existence is known.
      return startTime !== "" && startTime !== other.startTime;
    },
  };
}

function parse(worker: string): Identity | null {
  const [processNamespace, pid, startTime, ...rest] = worker.split("/");
  if (processNamespace === undefined || startTime === undefined || rest.length !== 1) return null;
  return /^[1-9][0-9]{0,9}$/.test(pid ?? "")
    ? { processNamespace, pid: Number(pid), startTime }
    : null;
}

function processNamespace(): string {
  const boot = readText("/proc/sys/kernel/random/boot_id")?.trim();
  if (boot === undefined) return hostname().replaceAll("/", "-");
  return `${boot}.${readlinkSync("/proc/self/ns/pid").replaceAll(/[^0-9]/g, "")}`;
}

/** Field 22 of `/proc/PID/stat`, counted after the name, which may contain anything. */
function readStartTime(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (caught) {
    // EPERM: it exists and belongs to another user.
    return errorCode(caught) === "EPERM";
  }
}

/** It has ended, but its parent has not waited for it yet. */
function isZombie(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  return stat !== null && stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (caught) {
    if (errorCode(caught) !== null) return null;
    throw caught;
  }
}
