import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { Candidate, Check } from "../../../src/plan/plan.ts";

/** One of the plan's machine types, as EC2 describes it. */
export interface TypeChoice {
  /** EC2's name of the type. */
  readonly name: string;
  readonly info: InstanceTypeInfo | null;
  /** Zones that offer it. Null if they are not known or the type does not exist. */
  readonly zones: readonly string[] | null;
  /** Why it is left out, although others are not. Null for the only type of a plan: its checks fail. */
  readonly refusal: Check | null;
}

/** The choice of the type that is launched at the candidate; null if there is none. */
export function typeAt(
  types: readonly TypeChoice[],
  { machineType }: Pick<Candidate, "machineType">,
): TypeChoice | null {
  if (machineType === undefined) return types[0] ?? null;
  return types.find(({ name }) => name === machineType) ?? null;
}
