import type { Context } from "../context.ts";
import { GceFailure, invalidField } from "../failure.ts";
import { malformedLink, readLink } from "../links.ts";
import { type MachineType, findMachineType } from "../machine-types.ts";
import { requireLabels, requireName } from "../names.ts";
import { isAllowed, requirePermission } from "../permissions.ts";
import type { Instance } from "../records.ts";
import { defaultServiceAccount } from "../service-accounts.ts";
import { planAccelerators } from "./accelerators.ts";
import { type DiskPlan, type TypesBy, planDisks } from "./disks.ts";
import { type NetworkPlan, planNetworks } from "./networks.ts";
import type { InstanceProperties } from "./request.ts";
import { reservationsOf } from "./reservations.ts";
import { confidentialTypeOf, shieldedOf } from "./security.ts";
import { schedulingOf } from "./scheduling.ts";

/** A validated launch request, the same for each of its instances. */
export interface LaunchPlan {
  readonly zone: string;
  readonly machineType: MachineType;
  readonly disks: readonly DiskPlan[];
  readonly networks: readonly NetworkPlan[];
  readonly fixed: Pick<
    Instance,
    | "description"
    | "labels"
    | "metadata"
    | "tags"
    | "serviceAccounts"
    | "shielded"
    | "confidentialType"
    | "reservation"
    | "scheduling"
    | "canIpForward"
    | "accelerators"
  >;
}

/** @throws GceFailure for everything that the API rejects immediately. */
export function planLaunch(
  context: Context,
  { zone, typesBy }: { readonly zone: string; readonly typesBy: TypesBy },
  properties: InstanceProperties,
): LaunchPlan {
  const machineType =
    typesBy === "link"
      ? linkedMachineType(context, zone, properties.machineType)
      : namedMachineType(context, zone, properties.machineType);
  requireLabels(properties.labels ?? {}, "resource.labels");
  const disks = planDisks(context, properties.disks ?? [], { zone, machineType, typesBy });
  const networks = planNetworks(context, properties.networkInterfaces ?? [], {
    zone,
    machineType,
  });
  const features = bootFeatures(context, zone, disks);
  requireNetworkCard(machineType, features, networks);
  const accelerators = planAccelerators(context, properties.guestAccelerators ?? [], {
    zone,
    machineType,
    typesBy,
  });
  const scheduling = schedulingOf(properties, {
    ...machineType,
    accelerators: [...(machineType.accelerators ?? []), ...accelerators],
  });
  return {
    zone,
    machineType,
    disks,
    networks,
    fixed: {
      description: properties.description ?? null,
      labels: properties.labels ?? {},
      metadata: metadataOf(properties),
      tags: tagsOf(context, zone, properties),
      serviceAccounts: serviceAccountsOf(context, properties),
      shielded: shieldedOf(properties, features),
      confidentialType: confidentialTypeOf(properties, { machineType, features, scheduling }),
      accelerators: [...accelerators],
      scheduling,
      reservation: reservationsOf(context, properties, { zone, scheduling }),
      canIpForward: properties.canIpForward ?? false,
    },
  };
}

function linkedMachineType(context: Context, zone: string, link: string): MachineType {
  const field = "resource.machineType";
  const [scope, place, collection, name] = readLink(link, field, context.project.id).path;
  if (scope !== "zones" || collection !== "machineTypes" || name === undefined)
    throw malformedLink(link, field);
  if (place !== zone)
    throw invalidField(
      field,
      link,
      `The machine type is in zone '${place}', the instance in '${zone}'.`,
    );
  return machineTypeIn(context, zone, { name, field });
}

/** The properties of a bulk insert take a name. The documented outcome of a link is an internal error. */
function namedMachineType(context: Context, zone: string, name: string): MachineType {
  if (name.includes("/"))
    throw new GceFailure(
      "internalError",
      `INTERNAL_ERROR: instanceProperties.machineType takes a name, not a URL: '${name}'`,
    );
  return machineTypeIn(context, zone, { name, field: "resource.instanceProperties.machineType" });
}

function machineTypeIn(
  { machineTypes }: Context,
  zone: string,
  { name, field }: { readonly name: string; readonly field: string },
): MachineType {
  const type = findMachineType(machineTypes, name, zone);
  if (type === null)
    throw invalidField(
      field,
      name,
      `Machine type with name '${name}' does not exist in zone '${zone}'.`,
    );
  if (typeof type.deprecated === "string")
    throw invalidField(field, name, `The machine type is in the state '${type.deprecated}'.`);
  return type;
}

const METADATA_KEY = /^[a-zA-Z0-9_-]{1,128}$/;
const MAXIMUM_VALUE_BYTES = 256 * 1024;
const MAXIMUM_METADATA_BYTES = 512 * 1024;

function metadataOf({ metadata }: InstanceProperties): Instance["metadata"] {
  const items = (metadata?.items ?? []).map(({ key, value = "" }) => ({ key, value }));
  const keys = new Set<string>();
  let total = 0;
  for (const { key, value } of items) {
    if (!METADATA_KEY.test(key))
      throw invalidField(
        "resource.metadata.items.key",
        key,
        "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'",
      );
    if (keys.has(key)) throw invalidField("resource.metadata", key, "Metadata has duplicate keys.");
    keys.add(key);
    const bytes = Buffer.byteLength(value);
    total += bytes + key.length;
    if (bytes > MAXIMUM_VALUE_BYTES)
      throw invalidField(
        "resource.metadata.items.value",
        key,
        "The value is larger than 262144 bytes.",
      );
  }
  if (total > MAXIMUM_METADATA_BYTES)
    throw invalidField("resource.metadata", "", "Metadata is larger than 524288 bytes.");
  return items;
}

const MAXIMUM_TAGS = 64;

function tagsOf(context: Context, zone: string, { tags }: InstanceProperties): string[] {
  const items = tags?.items ?? [];
  if (items.length === 0) return [];
  if (items.length > MAXIMUM_TAGS)
    throw invalidField(
      "resource.tags.items",
      String(items.length),
      `At most ${MAXIMUM_TAGS} tags.`,
    );
  for (const [index, tag] of items.entries()) requireName(tag, `resource.tags.items[${index}]`);
  requirePermission(
    context,
    "compute.instances.setTags",
    `projects/${context.project.id}/zones/${zone}/instances`,
  );
  return [...items];
}

/** Aliases are gcloud's: the API does not take them. */
const GOOGLE_SCOPE = /^https:\/\/(?:[a-z]+\.)*(?:googleapis|google)\.com\/\S*$/;

function serviceAccountsOf(
  context: Context,
  { serviceAccounts = [] }: InstanceProperties,
): Instance["serviceAccounts"] {
  const { project } = context;
  return serviceAccounts.map(({ email: asked, scopes = [] }) => {
    const email = asked === "default" ? defaultServiceAccount(project.id) : asked;
    if (!/^[^@\s]+@[^@\s]+$/.test(email))
      throw invalidField(
        "resource.serviceAccounts[0].email",
        email,
        "The service account is malformed.",
      );
    const wanted = { project: project.id, permission: "iam.serviceAccounts.actAs" };
    // The API has a specific message for this one permission.
    if (!isAllowed(context.world.denials, { ...wanted, resource: email }))
      throw new GceFailure(
        "badRequest",
        `The user does not have access to service account '${email}'.  User: '${context.user}'.  Ask a project owner to grant you the iam.serviceAccountUser role on the service account`,
      );
    const unknown = scopes.filter((scope) => !GOOGLE_SCOPE.test(scope));
    if (unknown.length > 0)
      throw new GceFailure(
        "invalid",
        `One or more of the service account scopes are invalid: ${unknown.map((scope) => `'${scope}'`).join(", ")}`,
      );
    return { email, scopes: [...scopes] };
  });
}

/** The guest features of the disk that the machine boots from. */
function bootFeatures(
  { project }: Context,
  zone: string,
  [disk]: readonly DiskPlan[],
): readonly string[] {
  const image = disk?.made?.image?.image;
  return (image ?? project.disks.get(`${zone}/${disk?.diskName ?? ""}`))?.guestOsFeatures ?? [];
}

/** Bare metal has a network card of its own, and images say whether they have its driver. */
function requireNetworkCard(
  { name }: MachineType,
  features: readonly string[],
  networks: readonly NetworkPlan[],
): void {
  const isMetal = name.endsWith("-metal");
  for (const { nicType } of networks)
    if (isMetal !== (nicType === "IDPF") || (isMetal && !features.includes("IDPF")))
      throw invalidField(
        "resource.machineType",
        name,
        isMetal
          ? "NetworkInterface NicType can only be set to IDPF on instances with IDPF GuestOsFeature."
          : "NetworkInterface NicType can only be set to IDPF on bare metal instances.",
      );
}
