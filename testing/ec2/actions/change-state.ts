import { type Context, mutation } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { quotaGroup } from "../instance-types.ts";
import { visibleInstances } from "../instances.ts";
import { scheduleStates, instanceState, stateFields } from "../lifecycle.ts";
import { freeCapacity, insufficientCapacity, requireQuota } from "../launch/capacity.ts";
import { flag, list, required, text } from "../parameters.ts";
import type { Instance, InstanceState } from "../records.ts";
import type { XmlFields } from "../xml.ts";

const ENDED: ReadonlySet<InstanceState> = new Set(["shutting-down", "terminated"]);
const BY_USER = {
  code: "Client.UserInitiatedShutdown",
  message: "Client.UserInitiatedShutdown: User initiated shutdown",
} as const;
const IDS = { InstanceId: required(list(text)) } as const;

export const terminateInstances = mutation(
  { ...IDS, Force: flag, SkipOsShutdown: flag },
  {
    name: "TerminateInstances",
    prepare(context, { InstanceId }) {
      const instances = visibleInstances(context, InstanceId);
      for (const { id, terminationProtection } of instances)
        if (terminationProtection)
          throw new Ec2Failure(
            "OperationNotPermitted",
            `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
          );
      return () => {
        context.limiter.takeResources("TerminateInstances", instances.length);
        return changes(context, instances, (instance, state) => {
          if (ENDED.has(state)) return;
          instance.stateReason = BY_USER;
          scheduleStates(instance, context.now, {
            first: "shutting-down",
            next: "terminated",
            delay: context.timing.endingMs,
          });
        });
      };
    },
  },
);

export const stopInstances = mutation(
  { ...IDS, Force: flag, Hibernate: flag, SkipOsShutdown: flag },
  {
    name: "StopInstances",
    prepare(context, { InstanceId, Hibernate }) {
      const instances = visibleInstances(context, InstanceId);
      for (const instance of instances) {
        requireState(context, instance, "stopped", ["running", "stopping", "stopped"]);
        if (instance.market === "spot")
          throw new Ec2Failure(
            "UnsupportedOperation",
            `You can't stop the Spot Instance '${instance.id}' because it is associated with a one-time Spot Instance request.`,
          );
        if (Hibernate === true && !instance.hibernation)
          throw new Ec2Failure(
            "UnsupportedHibernationConfiguration",
            `The instance '${instance.id}' was not launched with hibernation enabled.`,
          );
      }
      return () =>
        changes(context, instances, (instance, state) => {
          if (state !== "running") return;
          instance.stateReason = BY_USER;
          scheduleStates(instance, context.now, {
            first: "stopping",
            next: "stopped",
            delay: context.timing.endingMs,
          });
        });
    },
  },
);

export const startInstances = mutation(IDS, {
  name: "StartInstances",
  prepare(context, { InstanceId }) {
    const instances = visibleInstances(context, InstanceId);
    for (const instance of instances)
      requireState(context, instance, "started", ["stopped", "pending", "running"]);
    return () => {
      const stopped = instances.filter((one) => instanceState(one, context.now) === "stopped");
      requireRoom(context, stopped);
      context.limiter.takeResources("StartInstances", stopped.length);
      return changes(context, instances, (instance, state) => {
        if (state !== "stopped") return;
        instance.stateReason = null;
        scheduleStates(instance, context.now, {
          first: "pending",
          next: "running",
          delay: context.timing.pendingMs,
        });
      });
    };
  },
});

/** A stopped machine occupies neither capacity nor quota, so starting it needs both again. */
function requireRoom(context: Context, stopped: readonly Instance[]): void {
  const byPool = Map.groupBy(stopped, (one) => JSON.stringify([one.instanceType, one.zone]));
  for (const members of byPool.values()) {
    const [first] = members;
    if (first !== undefined && freeCapacity(context, first) < members.length)
      throw insufficientCapacity(first.instanceType, first.zone, []);
  }
  const byGroup = Map.groupBy(stopped, (one) => quotaGroup(one.instanceType));
  for (const members of byGroup.values()) {
    const [first] = members;
    const type = first === undefined ? undefined : context.types.get(first.instanceType);
    if (first !== undefined && type !== undefined)
      requireQuota(context, type, { market: first.market, count: members.length });
  }
}

function requireState(
  { now }: Context,
  instance: Instance,
  wanted: "started" | "stopped",
  allowed: readonly InstanceState[],
): void {
  const state = instanceState(instance, now);
  if (state !== null && allowed.includes(state)) return;
  throw new Ec2Failure(
    "IncorrectInstanceState",
    `This instance '${instance.id}' is not in a state from which it can be ${wanted}.`,
  );
}

function changes(
  context: Context,
  instances: readonly Instance[],
  change: (instance: Instance, state: InstanceState) => void,
): XmlFields {
  return {
    instancesSet: instances.map((instance) => {
      const previous = instanceState(instance, context.now) ?? "pending";
      change(instance, previous);
      const current = requestedState(instance, previous, context.now);
      return {
        instanceId: instance.id,
        currentState: stateFields(current),
        previousState: stateFields(previous),
      };
    }),
  };
}

/** The reply reports the first state of a requested transition, even if the transition takes no time. */
function requestedState(instance: Instance, previous: InstanceState, now: number): InstanceState {
  const begun = instance.history.find(({ at, state }) => at === now && state !== previous);
  return begun?.state ?? instanceState(instance, now) ?? previous;
}
