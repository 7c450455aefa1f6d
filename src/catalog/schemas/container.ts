/** The parts that the options of containers in placements, environments and workspaces share. */
import { z } from "zod";
import { once } from "../../async/memoize.ts";
import { text } from "./common.ts";

export const flag = once(() => z.boolean("must be true or false").exactOptional());

/** A spawn is one machine: the engine must not run a second one under its id after it has ended. */
export const restart = once(() =>
  z
    .never(
      "must not be set: a spawn is exactly one machine, so the engine may not start it again after its end; spawn again instead",
    )
    .exactOptional()
    .describe(
      "Not accepted: a spawn is one machine, which the engine must not start again after its end.",
    ),
);

export const word = text(/^\S+$/, "must be a word without spaces", 256);

/** Values of options are texts; YAML may have read them as numbers or truth values. */
export const optionTexts = once(() =>
  z.record(
    z.string().min(1, "must not have an empty key"),
    z.union([z.string(), z.number(), z.boolean()], "must be a text").transform(String),
  ),
);

const LONGEST_PATH = 4096;

/** Whether a file system can be mounted at a path of the container. */
export function isMountTarget(path: string): boolean {
  if (path.length > LONGEST_PATH || /\p{Cc}/u.test(path)) return false;
  const steps = path.split("/").filter((step) => step !== "");
  return steps.length > 0 && steps.every((step) => step !== "." && step !== "..");
}
