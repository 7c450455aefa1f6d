import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import { figureSchema } from "./figure.ts";

/** Why there are no figures: `missing` where there is nothing to compare with. */
const measuredSchema = z.object({
  figures: z.array(figureSchema),
  missing: z.string().nullable(),
});
export type Measured = z.infer<typeof measuredSchema>;

const PROCESS = join(import.meta.dirname, "measure-process.ts");

/**
 * Measures in a process of its own: what another benchmark has left behind, garbage and compiled code that guesses wrong,
 * is none of this one's. Nothing is measured where it fails; why, it says on standard error.
 */
export async function measure(name: string): Promise<Measured> {
  // JSON has no NaN.
  const child = fork(PROCESS, [name], { serialization: "advanced" });
  let measured: Measured = { figures: [], missing: null };
  child.on("message", (message) => {
    measured = measuredSchema.parse(message);
  });
  await once(child, "close");
  return measured;
}
