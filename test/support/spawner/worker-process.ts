/** Prints the id of its worker, and runs until it receives a line. */
import { once } from "node:events";
import { systemProcessIdentity } from "../../../src/host/system-process-identity.ts";

process.stdout.write(`${systemProcessIdentity().id}\n`);
await once(process.stdin, "data");
process.stdin.destroy();
