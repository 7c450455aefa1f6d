import type { RateLimiter } from "./rate-limits.ts";
import type { InstanceType } from "./instance-types.ts";
import { Ec2Failure } from "./failure.ts";
import { type Read, type Shape, flag, readParameters } from "./parameters.ts";
import { requirePermission } from "./permissions.ts";
import type { ParameterNode } from "./query.ts";
import type { Signature } from "./signature.ts";
import type { Region, World } from "./world.ts";
import type { ServiceName, XmlFields } from "./xml.ts";

/** Durations of the cloud's state transitions, in milliseconds. */
export interface Timing {
  /** From acceptance to running. */
  readonly pendingMs: number;
  /** From the request to terminated or stopped. */
  readonly endingMs: number;
  /** From CreateImage to available. */
  readonly imagingMs: number;
  /** Age of the state that describes return: eventual consistency. */
  readonly describeLagMs: number;
}

/** EC2's answer to a ClientToken whose instances were terminated; both answers have been observed. */
export type TokenAfterTermination = "refuse" | "return-instances";

/** Everything that an action needs to answer one request. */
export interface Context {
  readonly world: World;
  readonly region: Region;
  readonly account: string;
  readonly signature: Signature;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Instances are seen as of this time by describes and by calls that name them. */
  readonly seenAt: number;
  readonly timing: Timing;
  readonly types: ReadonlyMap<string, InstanceType>;
  readonly tokenAfterTermination: TokenAfterTermination;
  readonly limiter: RateLimiter;
}

/**
 * One call of the API. `prepare` validates the request, also for a dry run, and returns a function that takes effect
 * and returns the reply.
 */
export interface ActionDefinition<S extends Shape> {
  readonly name: string;
  readonly service?: ServiceName;
  /** Permissions needed besides that of the action, such as `iam:PassRole`. */
  readonly alsoNeeds?: (parameters: Read<S>) => readonly string[];
  readonly prepare: (context: Context, parameters: Read<S>) => () => XmlFields;
}

/** An action that parses its own parameters. */
export interface Action {
  readonly name: string;
  readonly service: ServiceName;
  /** True if it changes nothing. */
  readonly isRead: boolean;
  readonly answer: (context: Context, parameters: ParameterNode) => XmlFields;
}

/** A call that changes something. */
export function mutation<S extends Shape>(shape: S, definition: ActionDefinition<S>): Action {
  return bind(shape, definition, false);
}

/** A call that only reads. */
export function reading<S extends Shape>(
  shape: S,
  definition: Omit<ActionDefinition<S>, "prepare"> & {
    readonly read: (context: Context, parameters: Read<S>) => XmlFields;
  },
): Action {
  const { read, ...rest } = definition;
  const prepare = (context: Context, parameters: Read<S>) => () => read(context, parameters);
  return bind(shape, { ...rest, prepare }, true);
}

function bind<S extends Shape>(shape: S, definition: ActionDefinition<S>, isRead: boolean): Action {
  const { name, service = "ec2", alsoNeeds, prepare } = definition;
  const answer = (context: Context, node: ParameterNode): XmlFields => {
    const isDryRun = service === "ec2" && takeDryRun(node);
    const parameters = readParameters(shape, node);
    // STS calls here need no EC2 permission: GetCallerIdentity cannot be denied.
    if (service === "ec2") {
      requirePermission(context, `ec2:${name}`);
      for (const permission of alsoNeeds?.(parameters) ?? [])
        requirePermission(context, permission);
    }
    const takeEffect = prepare(context, parameters);
    if (isDryRun)
      throw new Ec2Failure(
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
      );
    return takeEffect();
  };
  return { name, service, isRead, answer };
}

/** Every EC2 call accepts `DryRun`, so the shapes do not list it. */
function takeDryRun(node: ParameterNode): boolean {
  const isDryRun = flag(node.members.get("DryRun"), "DryRun") ?? false;
  node.members.delete("DryRun");
  return isDryRun;
}
