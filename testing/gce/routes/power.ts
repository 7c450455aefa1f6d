import { resource } from "../body.ts";
import type { Call, Context } from "../context.ts";
import { GceFailure } from "../failure.ts";
import { instanceLink } from "../instances.ts";
import { scheduleStates, instanceState } from "../lifecycle.ts";
import type { Draft } from "../operations.ts";
import { regionOf } from "../places.ts";
import type { Instance, InstanceState, OperationError } from "../records.ts";
import { type Route, mutation } from "../route.ts";
import { findMachineType } from "../machine-types.ts";
import { cpuMetric, exceededQuota, freeMachines, isSpot, poolExhausted } from "../usage.ts";
import { INSTANCES, instanceOf } from "./instances.ts";

const EMPTY_REQUEST = resource({});

/** Methods that stop and start instances. */
export const powerRoutes: readonly Route[] = [
  mutation({
    id: "instances.delete",
    method: "DELETE",
    path: `${INSTANCES}/{instance}`,
    permission: "compute.instances.delete",
    query: ["noGracefulShutdown"],
    body: EMPTY_REQUEST,
    prepare: draftDeletion,
  }),
  stopRoute("stop", { from: ["RUNNING"], through: "STOPPING", to: "TERMINATED" }),
  stopRoute("suspend", { from: ["RUNNING"], through: "SUSPENDING", to: "SUSPENDED" }),
  startRoute("start", "TERMINATED"),
  startRoute("resume", "SUSPENDED"),
];

function draftDeletion(context: Context, call: Call): Draft {
  const { project, now, timing } = context;
  const instance = instanceOf(context, call, "instance");
  if (instance.deletionProtection)
    throw new GceFailure(
      "invalid",
      `Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. instance: ${instance.name}'.`,
    );
  const goneAt = now + timing.endingMs;
  return {
    ...operationTarget(context, instance, "delete"),
    durationMs: timing.endingMs,
    takeEffect() {
      // A second request does not postpone the end that the first one has set.
      instance.goneAt ??= goneAt;
      scheduleStates(instance, now, [{ after: 0, state: "STOPPING" }]);
      for (const { diskName, autoDelete } of instance.disks) {
        const disk = project.disks.get(`${instance.zone}/${diskName}`);
        if (disk === undefined) continue;
        if (autoDelete) disk.goneAt = instance.goneAt;
        else disk.user = null;
      }
    },
  };
}

function stopRoute(
  verb: "stop" | "suspend",
  states: {
    readonly from: readonly InstanceState[];
    readonly through: InstanceState;
    readonly to: InstanceState;
  },
): Route {
  return mutation({
    id: `instances.${verb}`,
    path: `${INSTANCES}/{instance}/${verb}`,
    permission: `compute.instances.${verb}`,
    query: ["discardLocalSsd", "noGracefulShutdown"],
    body: EMPTY_REQUEST,
    prepare(context, call) {
      const { now, timing } = context;
      const instance = instanceOf(context, call, "instance");
      const state = instanceState(instance, now);
      const draft = operationTarget(context, instance, verb);
      // Stopping a stopped instance succeeds without effect.
      if (state === states.to)
        return { ...draft, durationMs: timing.otherMs, takeEffect: () => undefined };
      if (!states.from.includes(state)) throw notReady(context, instance);
      return {
        ...draft,
        durationMs: timing.endingMs,
        takeEffect: () =>
          scheduleStates(instance, now, [
            { after: 0, state: states.through },
            { after: timing.endingMs, state: states.to },
          ]),
      };
    },
  });
}

function startRoute(verb: "start" | "resume", from: InstanceState): Route {
  return mutation({
    id: `instances.${verb}`,
    path: `${INSTANCES}/{instance}/${verb}`,
    permission: `compute.instances.${verb}`,
    body: EMPTY_REQUEST,
    prepare(context, call) {
      const { now, timing } = context;
      const instance = instanceOf(context, call, "instance");
      const state = instanceState(instance, now);
      const draft = operationTarget(context, instance, verb);
      if (state === "RUNNING")
        return { ...draft, durationMs: timing.otherMs, takeEffect: () => undefined };
      if (state !== from) throw notReady(context, instance);
      const { provisioningMs, stagingMs } = timing;
      return {
        ...draft,
        durationMs: provisioningMs + stagingMs,
        error: shortage(context, instance),
        takeEffect: () =>
          scheduleStates(instance, now, [
            { after: 0, state: "PROVISIONING" },
            { after: provisioningMs, state: "STAGING" },
            { after: provisioningMs + stagingMs, state: "RUNNING" },
          ]),
      };
    },
  });
}

/** Starting a stopped instance needs capacity again. */
function shortage(context: Context, instance: Instance): OperationError | null {
  const { machineType, zone } = instance;
  const region = regionOf(zone) ?? "";
  const type = findMachineType(context.machineTypes, machineType, zone);
  const added = {
    CPUS: 0,
    PREEMPTIBLE_CPUS: 0,
    [cpuMetric(context, region, isSpot(instance))]: type?.guestCpus ?? 0,
    INSTANCES: 1,
    DISKS_TOTAL_GB: 0,
    IN_USE_ADDRESSES: 0,
  };
  const quota = exceededQuota(context, region, added);
  if (quota !== null) return quota;
  return freeMachines(context, instance) < 1 ? poolExhausted(context.project.id, zone) : null;
}

function operationTarget({ project }: Context, { zone, name, id }: Instance, type: string) {
  return {
    scope: { kind: "zone", name: zone } as const,
    type,
    targetLink: instanceLink(project.id, zone, name),
    targetId: id,
  };
}

function notReady({ project }: Context, { zone, name }: Instance): GceFailure {
  return new GceFailure(
    "resourceNotReady",
    `The resource '${instanceLink(project.id, zone, name)}' is not ready`,
  );
}
