import { type Context, reading } from "../action.ts";
import { Ec2Failure } from "../failure.ts";
import { visibleInstances } from "../instances.ts";
import { instanceState, timestamp } from "../lifecycle.ts";
import { flag, oneOf, required, text } from "../parameters.ts";
import type { Instance } from "../records.ts";
import { groupSet } from "../render/network.ts";
import type { XmlFields } from "../xml.ts";

export const getConsoleOutput = reading(
  { InstanceId: required(text), Latest: flag },
  {
    name: "GetConsoleOutput",
    read(context, { InstanceId }) {
      const instance = oneInstance(context, InstanceId);
      const output = consoleText(instance, context.seenAt);
      return {
        instanceId: instance.id,
        timestamp: timestamp(context.now),
        output: output === null ? null : Buffer.from(output).toString("base64"),
      };
    },
  },
);

/** A running machine has printed a login prompt; before that there is no output. */
function consoleText(instance: Instance, now: number): string | null {
  const state = instanceState(instance, now);
  if (state === null || state === "pending") return null;
  return (
    instance.console ??
    `[    0.000000] Linux version 6.1.0 (${instance.architecture})\r\n${instance.id} login: `
  );
}

export const describeInstanceAttribute = reading(
  {
    Attribute: required(
      oneOf(
        "disableApiTermination",
        "ebsOptimized",
        "enaSupport",
        "groupSet",
        "instanceInitiatedShutdownBehavior",
        "instanceType",
        "rootDeviceName",
        "sourceDestCheck",
        "userData",
      ),
    ),
    InstanceId: required(text),
  },
  {
    name: "DescribeInstanceAttribute",
    read(context, { Attribute, InstanceId }) {
      const instance = oneInstance(context, InstanceId);
      const attributes: Record<typeof Attribute, XmlFields> = {
        disableApiTermination: { disableApiTermination: { value: instance.terminationProtection } },
        ebsOptimized: { ebsOptimized: { value: instance.ebsOptimized } },
        enaSupport: { enaSupport: { value: true } },
        groupSet: { groupSet: groupSet(context.region, instance.securityGroupIds) },
        instanceInitiatedShutdownBehavior: {
          instanceInitiatedShutdownBehavior: { value: instance.shutdownBehavior },
        },
        instanceType: { instanceType: { value: instance.instanceType } },
        rootDeviceName: { rootDeviceName: { value: instance.rootDeviceName } },
        sourceDestCheck: { sourceDestCheck: { value: true } },
        userData: { userData: instance.userData === null ? "" : { value: instance.userData } },
      };
      return { instanceId: instance.id, ...attributes[Attribute] };
    },
  },
);

function oneInstance(context: Context, id: string): Instance {
  const [instance] = visibleInstances(context, [id]);
  if (instance !== undefined) return instance;
  throw new Ec2Failure("InvalidInstanceID.NotFound", `The instance ID '${id}' does not exist`);
}
