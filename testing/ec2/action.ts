import type { RateLimiter } from "./rate-limits.ts";
import type { InstanceType } from "./instance-types.ts";
import { Ec2Failure } from "./failure.ts";
import { type Read, type Shape, flag, readParameters } from "./parameters.ts";
import { requirePermission } from "./permissions.ts";
import type { ParameterNode } from "./query.ts";
import type { Signature } from "./signature.ts";
import type { Region, World } from "./world.ts";
import type { ServiceName, XmlFields } from "./xml.ts";

/** How the cloud takes its time; milliseconds. */
export interface Timing {
  /** From accepted to running. */
  readonly pendingMs: number;
  /** From the order to terminated or stopped. */
  readonly endingMs: number;
  /** From CreateImage to available. */
  readonly imagingMs: number;
  /** So old is what describes see: eventual consistency. */
  readonly describeLagMs: number;
}

/** What EC2 answers to a ClientToken whose instances were terminated: it has been seen to do either. */
export type TokenAfterTermination = "refuse" | "return-instances";

/** What one request is answered with. */
export interface Context {
  readonly world: World;
  readonly region: Region;
  readonly account: string;
  readonly signature: Signature;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The time as of which instances are seen, by describes and by calls that name them. */
  readonly seenAt: number;
  readonly timing: Timing;
  readonly types: ReadonlyMap<string, InstanceType>;
  readonly tokenAfterTermination: TokenAfterTermination;
  readonly limiter: RateLimiter;
}

/**
 * One call of the API. `prepare` judges the request, which a dry run does too, and returns what then takes effect and
 * gives the reply.
 */
export interface ActionDefinition<S extends Shape> {
  readonly name: string;
  readonly service?: ServiceName;
  /** Permissions needed beside the action's own, such as `iam:PassRole`. */
  readonly alsoNeeds?: (parameters: Read<S>) => readonly string[];
  readonly prepare: (context: Context, parameters: Read<S>) => () => XmlFields;
}

/** An action whose parameters are its own business. */
export interface Action {
  readonly name: string;
  readonly service: ServiceName;
  /** True where it reads and changes nothing. */
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
    // What EC2 has no permission for, nobody can be denied: anybody may ask who they are.
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

/** Every call of EC2 takes `DryRun`, so no shape has to name it. */
function takeDryRun(node: ParameterNode): boolean {
  const isDryRun = flag(node.members.get("DryRun"), "DryRun") ?? false;
  node.members.delete("DryRun");
  return isDryRun;
}
