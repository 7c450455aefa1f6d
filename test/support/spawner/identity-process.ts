/** Prints what a process of its own makes of the launches that it is told: a line of JSON. */
import process from "node:process";
import { z } from "zod";
import { identityOf } from "./identities.ts";

const launchKeys = z.array(
  z.strictObject({
    spawnId: z.string(),
    number: z.int(),
    place: z.string(),
    subnet: z.string(),
  }),
);
const keys = launchKeys.parse(JSON.parse(process.argv[2] ?? ""));
process.stdout.write(`${JSON.stringify(keys.map(identityOf))}\n`);
