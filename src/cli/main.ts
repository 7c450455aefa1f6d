#!/usr/bin/env node
import { createProcessHost } from "./process-host.ts";
import { runCommandLine } from "./run.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), createProcessHost(process));
// What an interrupted command left open must not keep the process; everything that was printed has been handed on.
process.exit();
