import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import { figureSchema } from "./figure.ts";

/** `missing`: the reason why there are no figures to compare with. */
const measuredSchema = z.object({
  figures: z.array(figureSchema),
  missing: z.string().nullable(),
});
export type Measured = z.infer<typeof measuredSchema>;

const PROCESS = join(import.meta.dirname, "measure-process.ts");

/**
 * Measures in a separate process, so that garbage and optimized code of other benchmarks have no influence. If it fails,
 * there are no figures, and the reason is on standard error.
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
