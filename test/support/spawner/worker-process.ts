/** Prints the id of its worker, and stays until it is told to go. */
import { once } from "node:events";
import { systemProcessIdentity } from "../../../src/host/system-process-identity.ts";

process.stdout.write(`${systemProcessIdentity().id}\n`);
await once(process.stdin, "data");
process.stdin.destroy();
