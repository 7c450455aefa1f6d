import type { Context } from "./action.ts";
import { INSTANCE_ID, lookUp } from "./ids.ts";
import { isVisible } from "./lifecycle.ts";
import type { Instance } from "./records.ts";

/** The account's instance, if describes return it at this time. */
export function visibleInstance(context: Context, id: string): Instance | null {
  const instance = context.region.instances.get(id);
  const isSeen = instance?.account === context.account && isVisible(instance, context.seenAt);
  return isSeen ? instance : null;
}

/** The instances with these ids. @throws Ec2Failure `InvalidInstanceID.*` if one of them is not visible. */
export function visibleInstances(context: Context, ids: readonly string[]): readonly Instance[] {
  return lookUp(ids, INSTANCE_ID, (id) => visibleInstance(context, id));
}

/** All instances that are visible to the account. */
export function allVisibleInstances(context: Context): readonly Instance[] {
  return [...context.region.instances.values()].filter(
    (instance) => instance.account === context.account && isVisible(instance, context.seenAt),
  );
}
