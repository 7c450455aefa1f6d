import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import type { ProcessIdentity } from "./process-identity.ts";

/** What a driver's id says: the world in which its process id means something, that id, and when it began. */
interface Identity {
  readonly processNamespace: string;
  readonly pid: number;
  /** The kernel's own count of when it began; empty where there is none. A pid is used again, the two never are. */
  readonly startTime: string;
}

/**
 * This process as a driver. Where the kernel tells (Linux), its id holds boot, process namespace, pid and start time,
 * so that a process of the same host can be seen to have ended the moment it has; elsewhere host name and pid.
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
      // Where the kernel hides the processes of others, that one is there is all that can be known.
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

/** Field 22 of its stat, counted behind the name, which may hold anything. */
function readStartTime(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (caught) {
    // EPERM: it is there, and somebody else's.
    return caught instanceof Error && "code" in caught && caught.code === "EPERM";
  }
}

/** Dead, but not yet buried by its parent. */
function isZombie(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  return stat !== null && stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (caught) {
    if (caught instanceof Error && "code" in caught) return null;
    throw caught;
  }
}
