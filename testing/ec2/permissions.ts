import { deflateSync } from "node:zlib";
import { Ec2Failure } from "./failure.ts";
import type { Denial, Session } from "./records.ts";
import type { Signature } from "./signature.ts";

interface Caller {
  readonly world: {
    readonly denials: readonly Denial[];
    readonly sessions: ReadonlyMap<string, Session>;
  };
  readonly region: { readonly name: string };
  readonly account: string;
  readonly signature: Signature;
}

/** The caller's ARN. */
export function callerArn({ world, account, signature }: Caller): string {
  const session = world.sessions.get(signature.accessKeyId);
  return session === undefined
    ? `arn:aws:iam::${account}:root`
    : `arn:aws:sts::${account}:assumed-role/${session.roleName}/${session.sessionName}`;
}

export function isDenied(
  { world, account }: Pick<Caller, "world" | "account">,
  action: string,
): boolean {
  return world.denials.some((denial) => denial.account === account && denial.action === action);
}

/** @throws Ec2Failure `UnauthorizedOperation`, whose message names the action and contains the encoded details. */
export function requirePermission(caller: Caller, action: string): void {
  if (!isDenied(caller, action)) return;
  const arn = callerArn(caller);
  const resource = action.startsWith("iam:")
    ? `arn:aws:iam::${caller.account}:role/*`
    : `arn:aws:ec2:${caller.region.name}:${caller.account}:*/*`;
  const details = JSON.stringify({ allowed: false, context: { principal: arn, action, resource } });
  throw new Ec2Failure(
    "UnauthorizedOperation",
    `You are not authorized to perform this operation. User: ${arn} is not authorized to perform: ${action} on ` +
      `resource: ${resource} because no identity-based policy allows the ${action} action. ` +
      `Encoded authorization failure message: ${deflateSync(details).toString("base64url")}`,
  );
}
