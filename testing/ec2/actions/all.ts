import type { Action } from "../action.ts";
import { createImage, deregisterImage, registerImage } from "./change-images.ts";
import { startInstances, stopInstances, terminateInstances } from "./change-state.ts";
import { deleteNetworkInterface, deleteVolume } from "./delete-attached.ts";
import { describeNetworkInterfaces, describeVolumes } from "./describe-attached.ts";
import { describeCapacityReservations } from "./describe-capacity-reservations.ts";
import { describeImages } from "./describe-images.ts";
import { describeInstanceStatus } from "./describe-instance-status.ts";
import { describeInstances } from "./describe-instances.ts";
import { describeSecurityGroups, describeSubnets, describeVpcs } from "./describe-network.ts";
import { describeLaunchTemplateVersions } from "./describe-launch-template-versions.ts";
import { describeAvailabilityZones, describeRegions } from "./describe-places.ts";
import { describeInstanceAttribute, getConsoleOutput } from "./instance-details.ts";
import { describeInstanceTypeOfferings, describeInstanceTypes } from "./instance-types.ts";
import { deleteKeyPair, describeKeyPairs, importKeyPair } from "./key-pairs.ts";
import { runInstances } from "./run-instances.ts";
import { describeSpotInstanceRequests } from "./describe-spot-requests.ts";
import { assumeRole, getCallerIdentity } from "./sts.ts";
import { createTags, describeTags } from "./tags.ts";

/** Every supported call. Any other call is rejected as `InvalidAction`. */
const ALL: readonly Action[] = [
  assumeRole,
  createImage,
  createTags,
  deleteKeyPair,
  deleteNetworkInterface,
  deleteVolume,
  deregisterImage,
  describeAvailabilityZones,
  describeCapacityReservations,
  describeImages,
  describeInstanceAttribute,
  describeInstanceStatus,
  describeInstanceTypeOfferings,
  describeInstanceTypes,
  describeInstances,
  describeKeyPairs,
  describeLaunchTemplateVersions,
  describeNetworkInterfaces,
  describeRegions,
  describeSecurityGroups,
  describeSpotInstanceRequests,
  describeSubnets,
  describeTags,
  describeVolumes,
  describeVpcs,
  getCallerIdentity,
  getConsoleOutput,
  importKeyPair,
  registerImage,
  runInstances,
  startInstances,
  stopInstances,
  terminateInstances,
];

export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  ALL.map((action) => [`${action.service}:${action.name}`, action]),
);
