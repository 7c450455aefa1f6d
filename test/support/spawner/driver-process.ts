/** Prints the id of its driver, and stays until it is told to go. */
import { once } from "node:events";
import { systemDriver } from "../../../src/host/system-process-identity.ts";

process.stdout.write(`${systemDriver().id}\n`);
await once(process.stdin, "data");
process.stdin.destroy();
