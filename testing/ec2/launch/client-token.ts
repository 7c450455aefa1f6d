import { Ec2Failure, invalidValue } from "../failure.ts";
import { endOf, instanceState, isVisible } from "../lifecycle.ts";
import type { Context } from "../action.ts";
import type { Instance, LaunchToken } from "../records.ts";
import { digest } from "../../server/digest.ts";
import { tokenKey } from "../world.ts";

/** A token stays valid for about a day after its instances were terminated; then it can be used again. */
const KEPT_AFTER_TERMINATION_MS = 24 * 3_600_000;

/** A request's token together with a fingerprint of its parameters. */
export interface TokenUse {
  readonly token: string;
  /** If the request names a zone or a subnet, the token is scoped to that zone. */
  readonly zone: string | null;
  readonly fingerprint: string;
}

/** @throws Ec2Failure for an invalid client token: it has at most 64 ASCII characters. */
export function requireToken(token: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(token))
    throw invalidValue(`Invalid value '${token}' for ClientToken: at most 64 ASCII characters.`);
}

/** Equal for requests with equal parameters. The order of list members is significant. */
export function fingerprintOf(parameters: object): string {
  return digest([JSON.stringify(parameters)]);
}

/**
 * The instances that the token has launched, or null if it is unused.
 *
 * @throws Ec2Failure `IdempotentParameterMismatch`, `IdempotentInstanceTerminated`
 */
export function replay(context: Context, use: TokenUse): readonly Instance[] | null {
  const { region, account, now } = context;
  const known = region.tokens.get(tokenKey({ ...use, account }));
  if (known === undefined || isExpired(known, context)) return null;
  if (known.fingerprint !== use.fingerprint)
    throw new Ec2Failure(
      "IdempotentParameterMismatch",
      "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).",
    );
  const instances = instancesOf(known, context);
  const isEnded = (instance: Instance): boolean => {
    const state = instanceState(instance, now);
    return state === "shutting-down" || state === "terminated";
  };
  if (!instances.every(isEnded)) return instances;
  const areGone = instances.every((instance) => !isVisible(instance, now));
  if (context.tokenAfterTermination === "refuse" || areGone)
    throw new Ec2Failure(
      "IdempotentInstanceTerminated",
      "The client token was used for instances that have been terminated.",
    );
  return instances;
}

/** Records the instances that the token has launched. */
export function recordToken(context: Context, use: TokenUse, instances: readonly Instance[]): void {
  const { region, account, now: spentAt } = context;
  const instanceIds = instances.map(({ id }) => id);
  region.tokens.set(tokenKey({ ...use, account }), { account, ...use, instanceIds, spentAt });
}

function instancesOf(token: LaunchToken, { region }: Context): readonly Instance[] {
  return token.instanceIds.flatMap((id) => region.instances.get(id) ?? []);
}

function isExpired(token: LaunchToken, context: Context): boolean {
  return instancesOf(token, context).every((instance) => {
    const end = endOf(instance);
    return end !== null && context.now >= end + KEPT_AFTER_TERMINATION_MS;
  });
}
