/** `node measure-process.ts NAME`: the process that `measure.ts` starts. */
import { BENCHMARKS } from "./benchmarks.ts";
import { PeerMissing } from "./figure.ts";
import type { Measured } from "./measure.ts";

process.send?.(await measured(process.argv[2] ?? ""));
process.disconnect();

async function measured(name: string): Promise<Measured> {
  try {
    const loaded = await BENCHMARKS[name]?.();
    return { figures: [...((await loaded?.benchmark.run()) ?? [])], missing: null };
  } catch (caught) {
    if (caught instanceof PeerMissing) return { figures: [], missing: caught.message };
    throw caught;
  }
}
