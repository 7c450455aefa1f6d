import { type Context, mutation } from "../action.ts";
import { Ec2Failure, invalidCombination, invalidValue } from "../failure.ts";
import { IMAGE_ID, notFound, requireWellFormed } from "../ids.ts";
import { findImage, makeImage } from "../images.ts";
import { visibleInstances } from "../instances.ts";
import { instanceState, imageState } from "../lifecycle.ts";
import { BLOCK_DEVICES, type BlockDeviceParameters } from "../launch/shape.ts";
import { TAG_SPECIFICATIONS, flag, list, oneOf, required, text } from "../parameters.ts";
import { ARCHITECTURES, type Image } from "../records.ts";
import { attachedTo } from "../attached.ts";
import { tagsAtCreation } from "../tags.ts";
import { newId } from "../world.ts";

const TAGGABLE = ["image", "snapshot"];
const NAME = /^[\w ()[\]./'@-]{3,128}$/;

export const registerImage = mutation(
  {
    Architecture: oneOf(...ARCHITECTURES),
    BillingProduct: list(text),
    BlockDeviceMapping: BLOCK_DEVICES,
    BootMode: oneOf("legacy-bios", "uefi", "uefi-preferred"),
    Description: text,
    EnaSupport: flag,
    ImageLocation: text,
    ImdsSupport: oneOf("v2.0"),
    Name: required(text),
    RootDeviceName: text,
    SriovNetSupport: text,
    TagSpecification: TAG_SPECIFICATIONS,
    TpmSupport: oneOf("v2.0"),
    VirtualizationType: oneOf("hvm", "paravirtual"),
  },
  {
    name: "RegisterImage",
    prepare(context, parameters) {
      requireFreeName(context, parameters.Name);
      const rootDeviceName = parameters.RootDeviceName;
      const devices = devicesOf(parameters.BlockDeviceMapping);
      const root = devices.find(({ device }) => device === rootDeviceName);
      if (rootDeviceName === null || root === undefined || root.snapshotId === null)
        throw invalidCombination("No root snapshot specified in device mapping.");
      const tags = tagsAtCreation(parameters.TagSpecification, TAGGABLE)("image");
      return () => {
        const image: Image = {
          ...makeImage(context.world, context.account, context.now, {
            name: parameters.Name,
            // "Default: For Amazon EBS-backed AMIs, i386. For instance store-backed AMIs, the architecture of the manifest."
            architecture: parameters.Architecture ?? "i386",
            rootDeviceName,
            enaSupport: parameters.EnaSupport ?? false,
            virtualizationType: parameters.VirtualizationType ?? "paravirtual",
            ...(parameters.Description === null ? {} : { description: parameters.Description }),
            ...(parameters.BootMode === null ? {} : { bootMode: parameters.BootMode }),
            ...(parameters.TpmSupport === null ? {} : { tpmSupport: parameters.TpmSupport }),
          }),
          devices,
          imdsSupport: parameters.ImdsSupport,
          tags,
        };
        context.region.images.set(image.id, image);
        return { imageId: image.id };
      };
    },
  },
);

export const createImage = mutation(
  {
    BlockDeviceMapping: BLOCK_DEVICES,
    Description: text,
    InstanceId: required(text),
    Name: required(text),
    NoReboot: flag,
    TagSpecification: TAG_SPECIFICATIONS,
  },
  {
    name: "CreateImage",
    prepare(context, parameters) {
      const [instance] = visibleInstances(context, [parameters.InstanceId]);
      if (instance === undefined) throw new Ec2Failure("InvalidInstanceID.NotFound");
      const state = instanceState(instance, context.now);
      if (state !== "running" && state !== "stopped")
        throw new Ec2Failure(
          "IncorrectState",
          `Instance is not in state 'running' or 'stopped': '${instance.id}' is ${state}`,
        );
      requireFreeName(context, parameters.Name);
      const tags = tagsAtCreation(parameters.TagSpecification, TAGGABLE)("image");
      return () => {
        const { world, region, account, now, timing } = context;
        const made = makeImage(world, account, now, {
          name: parameters.Name,
          architecture: instance.architecture,
          rootDeviceName: instance.rootDeviceName,
          ...(parameters.Description === null ? {} : { description: parameters.Description }),
        });
        const image: Image = {
          ...made,
          history: [
            { at: 0, state: "pending" },
            { at: now + timing.imagingMs, state: "available" },
          ],
          devices: attachedTo(region.volumes, instance.id).map((volume) => ({
            device: volume.device,
            snapshotId: newId(world, "snap"),
            sizeGib: volume.sizeGib,
            type: volume.type,
            iops: volume.iops,
            throughput: volume.throughput,
            deleteOnTermination: volume.deleteOnTermination,
            encrypted: volume.encrypted,
          })),
          sourceInstanceId: instance.id,
          tags,
        };
        region.images.set(image.id, image);
        return { imageId: image.id };
      };
    },
  },
);

export const deregisterImage = mutation(
  { ImageId: required(text), DeleteAssociatedSnapshots: flag },
  {
    name: "DeregisterImage",
    prepare(context, { ImageId }) {
      const { region, account, now } = context;
      requireWellFormed([ImageId], IMAGE_ID);
      const image = findImage(region, account, ImageId, now);
      if (image === null) throw notFound([ImageId], IMAGE_ID);
      if (image.account !== account)
        throw new Ec2Failure("AuthFailure", `Not authorized for image:${ImageId}`, 403);
      return () => {
        image.history = [
          ...image.history.filter(({ at }) => at <= now),
          { at: now, state: "deregistered" },
        ];
        return { return: true };
      };
    },
  },
);

function requireFreeName({ region, account, now }: Context, name: string): void {
  if (!NAME.test(name))
    throw new Ec2Failure(
      "InvalidAMIName.Malformed",
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
    );
  for (const image of region.images.values())
    if (
      image.account === account &&
      image.name === name &&
      imageState(image, now) !== "deregistered"
    )
      throw new Ec2Failure(
        "InvalidAMIName.Duplicate",
        `AMI name ${name} is already in use by AMI ${image.id}`,
      );
}

function devicesOf(parameters: BlockDeviceParameters): Image["devices"] {
  return parameters.flatMap(({ DeviceName, Ebs }) => {
    if (DeviceName === null || Ebs === null) return [];
    if (Ebs.SnapshotId !== null && !/^snap-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(Ebs.SnapshotId))
      throw new Ec2Failure(
        "InvalidSnapshotID.Malformed",
        `Invalid id: "${Ebs.SnapshotId}" (expecting "snap-...")`,
      );
    if (Ebs.SnapshotId === null && Ebs.VolumeSize === null)
      throw invalidValue(`The device '${DeviceName}' needs a volume size or a snapshot`);
    return [
      {
        device: DeviceName,
        snapshotId: Ebs.SnapshotId,
        sizeGib: Ebs.VolumeSize ?? 8,
        type: Ebs.VolumeType ?? "gp2",
        iops: Ebs.Iops,
        throughput: Ebs.Throughput,
        deleteOnTermination: Ebs.DeleteOnTermination ?? true,
        encrypted: Ebs.Encrypted ?? false,
      },
    ];
  });
}
