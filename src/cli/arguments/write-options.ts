import type { WriteOptions } from "../../catalog/catalog.ts";

export interface WriteFlags {
  readonly ifGeneration?: number;
}

/** The condition of a write, from its flags. */
export function writeOptions({ ifGeneration }: WriteFlags): WriteOptions {
  return ifGeneration === undefined ? {} : { ifGeneration };
}
