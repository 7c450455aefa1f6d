import type { AwsTarget, PlanDraft } from "../../../src/plan/plan.ts";
import type { ImageFacts } from "../image/image-facts.ts";
import type { TemplateBase } from "./launch-template.ts";
import type { InstanceSettings } from "../settings.ts";
import { dataVolumesOf } from "./data-volumes.ts";
import { rootVolumeOf, volumesOf } from "./volume-checks.ts";

/** The inputs of an instance: the plan's draft, the placement target and the image. */
export interface InstanceSubject {
  readonly draft: PlanDraft;
  readonly target: AwsTarget;
  /** Null if the image could not be read; the resolution then fails. */
  readonly image: ImageFacts | null;
  /** Empty until the subnets have been read. */
  readonly ipv6OnlySubnets: InstanceSettings["ipv6OnlySubnets"];
  /** The target's launch template, whose options the target has. Absent if none was read. */
  readonly template?: Pick<TemplateBase, "floating" | "sources" | "version">;
}

/** The settings that the plan records for the instance. */
export function instanceSettings(
  { draft, target, image, ipv6OnlySubnets, template }: InstanceSubject,
  instanceType: string,
  groupIds: readonly string[],
): InstanceSettings {
  const dataVolumes = dataVolumesOf({ shape: draft.shape, image });
  return {
    instanceType,
    rootDeviceName: image?.rootDeviceName ?? null,
    rootVolume: rootVolumeOf({ shape: draft.shape, image }),
    volumes: volumesOf({ shape: draft.shape, target, image }),
    ...(dataVolumes.length === 0 ? {} : { dataVolumes: [...dataVolumes] }),
    securityGroupIds: [...groupIds],
    ipv6OnlySubnets: [...ipv6OnlySubnets],
    instanceProfileArn: target.instanceProfileArn,
    assignPublicIp: target.assignPublicIp,
    tags: { ...target.tags },
    ...optionsOf(target),
    ...(template?.version ? { launchTemplate: template.version } : {}),
  };
}

/** The placement's options that have a setting of the same name. */
function optionsOf(target: AwsTarget): Partial<InstanceSettings> {
  const {
    metadataOptions,
    keyName,
    ipv6AddressCount,
    tenancy,
    hostId,
    maxPrice,
    maintenance,
    confidential,
    capacityReservation,
  } = target;
  return {
    ...(metadataOptions === undefined ? {} : { metadataOptions }),
    ...(keyName === undefined ? {} : { keyName }),
    ...(ipv6AddressCount === undefined ? {} : { ipv6AddressCount }),
    ...(tenancy === undefined ? {} : { tenancy }),
    ...(hostId === undefined ? {} : { hostId }),
    ...(maxPrice === undefined ? {} : { maxPrice }),
    ...(maintenance === undefined ? {} : { maintenance }),
    ...(confidential === undefined ? {} : { confidential }),
    ...(capacityReservation === undefined ? {} : { capacityReservation }),
  };
}
