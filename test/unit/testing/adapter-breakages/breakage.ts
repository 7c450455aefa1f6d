import { SlipwayError } from "../../../../src/errors.ts";
import type { Launch, SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import type { AdapterSubject } from "../../../../testing/contract/subject.ts";
import { launchOf } from "../../../../testing/contract/support.ts";

/** Replacements for some verbs of a correct adapter. */
export type Break = (good: SubstrateAdapter, subject: AdapterSubject) => Partial<SubstrateAdapter>;

/** A violation of the contract: its name, the start of the title of the test that must fail, and the broken verbs. */
export type Breakage = readonly [string, string, Break];

export const notFound = new SlipwayError({
  code: "NOT_FOUND",
  reason: "MACHINE_NOT_FOUND",
  message: "machine does not exist",
});

export function unrequestedLaunch(subject: AdapterSubject): Launch {
  return launchOf(subject, { name: "unrequestedLaunch" });
}
