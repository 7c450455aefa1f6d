import type { CloudVerdict } from "./cloud-rule.ts";

/**
 * A denied call, from the fixed forms of IAM's messages:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 */
interface Denial {
  /** `ec2:RunInstances`; null if the message does not name it. */
  readonly action: string | null;
  /** The type of the denied resource in its ARN: `subnet`, `instance`, `role`. */
  readonly resourceType: string | null;
  /** A policy with an explicit deny, which no other policy can overrule. */
  readonly denyingPolicy: string | null;
  /** The kind of policy that would have to allow the action. */
  readonly missingPolicy: string | null;
}

/** STS's own message for a web identity has neither the caller nor the colon. */
const ACTION = /\b[Nn]ot authorized to perform:?\s+([a-z0-9-]+:[A-Za-z]+)/;
const RESOURCE = /\bon resource:\s*arn:[\w-]*:[\w-]*:[\w-]*:\w*:([\w-]+)/;
const EXPLICIT_DENY = /\bwith an explicit deny in an? ([a-z -]{1,60}?)(?=[.:,]|$)/;
const IMPLICIT_DENY = /\bbecause no ([a-z -]{1,60}?) allows the /;

/** The action that AWS denied, such as `iam:PassRole`; null if its message does not name it. */
export function deniedAction(words: string): string | null {
  return ACTION.exec(words)?.[1] ?? null;
}

function parseDenial(words: string): Denial {
  return {
    action: deniedAction(words),
    resourceType: RESOURCE.exec(words)?.[1] ?? null,
    denyingPolicy: EXPLICIT_DENY.exec(words)?.[1] ?? null,
    missingPolicy: IMPLICIT_DENY.exec(words)?.[1] ?? null,
  };
}

type Scope = Partial<Pick<CloudVerdict, "blastRadius" | "retry">>;

/**
 * By the type of the denied resource. A policy can deny one subnet, such as a shared one, or spot requests. What it can
 * deny of an instance is its type and its market, by the keys `ec2:InstanceType` and `ec2:InstanceMarketType`:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
const SCOPES: ReadonlyMap<string | null, Scope> = new Map<string, Scope>([
  ["subnet", { blastRadius: "place", retry: "next-candidate" }],
  ["spot-instances-request", { blastRadius: "market", retry: "next-candidate" }],
  ["instance", { blastRadius: "type-in-market", retry: "next-candidate" }],
  ["image", { blastRadius: "image" }],
]);

/** The action that EC2 performs for the caller with the first spot request of an account. */
const CREATE_SPOT_ROLE = "iam:CreateServiceLinkedRole";

/** Whether the caller may not create the role that spot requests need. EC2 has a code for it; IAM's denial has none. */
export function isAboutSpotRole(words: string): boolean {
  return deniedAction(words) === CREATE_SPOT_ROLE;
}

/** The remedy of a denial, and its scope if it is not the credential's. */
export function denialOf(words: string): Pick<CloudVerdict, "remedy"> & Scope {
  const denial = parseDenial(words);
  return { remedy: remedyOf(denial), ...SCOPES.get(denial.resourceType) };
}

function remedyOf({ action, denyingPolicy, missingPolicy }: Denial): string {
  const named = action ?? "the denied action";
  if (denyingPolicy !== null)
    return `Change the ${denyingPolicy} that denies ${named}: no other policy can allow it. Or name a role_arn that it does not cover.`;
  if (action === "sts:AssumeRoleWithWebIdentity")
    return "Allow sts:AssumeRoleWithWebIdentity in the role's trust policy for this identity: compare its provider and its conditions with the token's issuer, audience and subject.";
  if (action === "sts:AssumeRole")
    return "Allow sts:AssumeRole in the caller's policy and in the role's trust policy, or correct role_arn of the placement.";
  const isOwnPolicy = missingPolicy === null || missingPolicy === "identity-based policy";
  const where = isOwnPolicy ? "" : ` in its ${missingPolicy}`;
  return `Grant ${named} to the role or user${where}, or name a role_arn that has it.`;
}
