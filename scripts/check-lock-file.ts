/** Prints what is wrong with package-lock.json, and exits 1 if anything is. */
import { readFileSync } from "node:fs";
import { lockFileFaults } from "./lock-file.ts";

const faults = lockFileFaults(readFileSync("package-lock.json", "utf8"));
for (const fault of faults) console.log(`package-lock.json: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
