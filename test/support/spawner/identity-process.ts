/** Computes the identities of the given launches in a separate process, and prints them as a line of JSON. */
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
