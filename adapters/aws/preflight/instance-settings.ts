import type { AwsTarget, PlanDraft } from "../../../src/plan/plan.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { InstanceSettings } from "../settings.ts";
import { rootVolumeOf } from "./volume-checks.ts";

/** What an instance is made from. */
export interface InstanceSubject {
  readonly draft: PlanDraft;
  readonly target: AwsTarget;
  /** Null where the image could not be read: no plan comes of it then. */
  readonly image: ImageFacts | null;
}

/** The instance as it will be. */
export function instanceSettings(
  { draft, target, image }: InstanceSubject,
  instanceType: string,
  groupIds: readonly string[],
): InstanceSettings {
  return {
    instanceType,
    rootDeviceName: image?.rootDeviceName ?? "",
    rootVolume: rootVolumeOf(draft.shape),
    securityGroupIds: [...groupIds],
    instanceProfileArn: target.instanceProfileArn,
    assignPublicIp: target.assignPublicIp,
    tags: { ...target.tags },
  };
}
