import { accessDuties } from "./access-duties.ts";
import { imageDuties, preflightDuties } from "./reading-duties.ts";
import { launchDuties } from "./launch-duties.ts";
import { cancellationDuties, closeDuties, logDuties } from "./stream-duties.ts";
import { describeDuties, listDuties, terminateDuties } from "./machine-duties.ts";
import type { AdapterSubject, ContractRunner, Duties } from "./subject.ts";

export interface AdapterContractOptions {
  /** The adapter's name in the report. */
  readonly name: string;
  readonly subject: () => Promise<AdapterSubject>;
  readonly runner: ContractRunner;
}

/**
 * The contract suite that every `SubstrateAdapter` passes. It contains nothing that is specific to a substrate; the
 * subject supplies that.
 */
export function adapterContract({ name, subject, runner }: AdapterContractOptions): void {
  const { describe, it, expect } = runner;
  const test: Duties["test"] = (title, body) => {
    it(title, async () => {
      await using fresh = await subject();
      await body(fresh);
    });
  };
  const groups = {
    inspectImage: imageDuties,
    preflight: preflightDuties,
    launch: launchDuties,
    describe: describeDuties,
    terminate: terminateDuties,
    list: listDuties,
    logs: logDuties,
    access: accessDuties,
    signal: cancellationDuties,
    close: closeDuties,
  };
  describe(`the adapter contract: ${name}`, () => {
    for (const [group, duties] of Object.entries(groups))
      describe(group, () => duties({ test, expect }));
  });
}
