import { SlipwayError } from "../../../../src/errors.ts";
import type { Launch, SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import type { AdapterSubject } from "../../../../testing/contract/subject.ts";
import { launchOf } from "../../../../testing/contract/support.ts";

/** What to put in the place of a good adapter's verbs. */
export type Break = (good: SubstrateAdapter, subject: AdapterSubject) => Partial<SubstrateAdapter>;

/** One broken duty: how an adapter breaks it, and the beginning of the test's title that has to notice. */
export type Breakage = readonly [string, string, Break];

export const notFound = new SlipwayError({
  code: "NOT_FOUND",
  reason: "MACHINE_NOT_FOUND",
  message: "no such machine",
});

export function unasked(subject: AdapterSubject): Launch {
  return launchOf(subject, { name: "unasked" });
}
