import type { Context } from "./action.ts";
import { INSTANCE_ID, lookUp } from "./ids.ts";
import { isVisible } from "./lifecycle.ts";
import type { Instance } from "./records.ts";

/** The account's instance, if it can be seen already and still. */
export function seenInstance(context: Context, id: string): Instance | null {
  const instance = context.region.instances.get(id);
  const isSeen = instance?.account === context.account && isVisible(instance, context.seenAt);
  return isSeen ? instance : null;
}

/** The instances with these ids. @throws Ec2Failure `InvalidInstanceID.*` where one of them cannot be seen. */
export function seenInstances(context: Context, ids: readonly string[]): readonly Instance[] {
  return lookUp(ids, INSTANCE_ID, (id) => seenInstance(context, id));
}

/** All instances that the account can see. */
export function allSeenInstances(context: Context): readonly Instance[] {
  return [...context.region.instances.values()].filter(
    (instance) => instance.account === context.account && isVisible(instance, context.seenAt),
  );
}
