import { Ec2Failure, invalidValue } from "../failure.ts";
import { endOf, instanceState, isVisible } from "../lifecycle.ts";
import type { Context } from "../action.ts";
import type { Instance, LaunchToken } from "../records.ts";
import { digest } from "../../server/digest.ts";
import { tokenKey } from "../world.ts";

/** A token is promised for about a day after the instances were terminated; then it is as good as new. */
const KEPT_AFTER_TERMINATION_MS = 24 * 3_600_000;

/** A request by its token, and what else it asked for. */
export interface TokenUse {
  readonly token: string;
  /** Where the request names a zone or a subnet, the token holds in that zone alone. */
  readonly zone: string | null;
  readonly fingerprint: string;
}

/** @throws Ec2Failure for what cannot be a client token: it is at most 64 ASCII characters. */
export function requireToken(token: string): void {
  if (!/^[\x21-\x7e]{1,64}$/.test(token))
    throw invalidValue(`Invalid value '${token}' for ClientToken: at most 64 ASCII characters.`);
}

/** The same for requests that ask for the same. A parameter's place in a list is part of what it asks. */
export function fingerprintOf(parameters: object): string {
  return digest([JSON.stringify(parameters)]);
}

/**
 * The instances that the token has launched already, or null where it has not.
 *
 * @throws Ec2Failure `IdempotentParameterMismatch`, `IdempotentInstanceTerminated`
 */
export function replay(context: Context, use: TokenUse): readonly Instance[] | null {
  const { region, account, now } = context;
  const known = region.tokens.get(tokenKey({ ...use, account }));
  if (known === undefined || isForgotten(known, context)) return null;
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

/** Keeps what the token has launched. */
export function remember(context: Context, use: TokenUse, instances: readonly Instance[]): void {
  const { region, account, now: spentAt } = context;
  const instanceIds = instances.map(({ id }) => id);
  region.tokens.set(tokenKey({ ...use, account }), { account, ...use, instanceIds, spentAt });
}

function instancesOf(token: LaunchToken, { region }: Context): readonly Instance[] {
  return token.instanceIds.flatMap((id) => region.instances.get(id) ?? []);
}

function isForgotten(token: LaunchToken, context: Context): boolean {
  return instancesOf(token, context).every((instance) => {
    const end = endOf(instance);
    return end !== null && context.now >= end + KEPT_AFTER_TERMINATION_MS;
  });
}
