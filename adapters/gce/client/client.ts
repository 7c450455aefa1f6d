import type { AcceleratorTypesClient } from "@google-cloud/compute/build/src/v1/accelerator_types_client.js";
import type { DiskTypesClient } from "@google-cloud/compute/build/src/v1/disk_types_client.js";
import type { DisksClient } from "@google-cloud/compute/build/src/v1/disks_client.js";
import type { ImagesClient } from "@google-cloud/compute/build/src/v1/images_client.js";
import type { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";
import type { MachineTypesClient } from "@google-cloud/compute/build/src/v1/machine_types_client.js";
import type { ProjectsClient } from "@google-cloud/compute/build/src/v1/projects_client.js";
import type { ReservationsClient } from "@google-cloud/compute/build/src/v1/reservations_client.js";
import type { SubnetworksClient } from "@google-cloud/compute/build/src/v1/subnetworks_client.js";
import type { ZoneOperationsClient } from "@google-cloud/compute/build/src/v1/zone_operations_client.js";
import type { ZonesClient } from "@google-cloud/compute/build/src/v1/zones_client.js";
import type { Authorization } from "./authorization.ts";
import type { GceRole } from "../target.ts";
import type { ComputeEndpoint } from "./endpoint.ts";
import { googleLoader, loadGax } from "./load-sdk.ts";
import type { Gax } from "./gax.ts";
import type { SecretValue } from "../../../src/secret-value.ts";

/** The services of Compute Engine that Slipway calls, each through Google's own client. */
export interface GceServices {
  readonly acceleratorTypes: AcceleratorTypesClient;
  readonly diskTypes: DiskTypesClient;
  readonly disks: DisksClient;
  readonly images: ImagesClient;
  readonly instances: InstancesClient;
  readonly machineTypes: MachineTypesClient;
  readonly projects: ProjectsClient;
  readonly reservations: ReservationsClient;
  readonly subnetworks: SubnetworksClient;
  readonly zoneOperations: ZoneOperationsClient;
  readonly zones: ZonesClient;
}
export type GceService = keyof GceServices;

export interface GceClients {
  /** The service's client for this role, created on first use. */
  readonly client: <S extends GceService>(service: S, role: GceRole) => Promise<GceServices[S]>;
  readonly secrets: () => readonly SecretValue[];
  close(): Promise<void>;
}

export interface GceClientOptions {
  /** Called when a client for this role is created. */
  readonly endpoint: (role: GceRole) => Promise<ComputeEndpoint>;
  readonly authorization: Readonly<Record<GceRole, Authorization>>;
}

type Options = NonNullable<ConstructorParameters<typeof ImagesClient>[0]>;
type ClientClass<S extends GceService> = new (options: Options, gax: Gax) => GceServices[S];

/** Each client is imported on its own: together they cost 1.9 s and 300 MB, one alone 0.25 s. */
const CLIENTS: { readonly [S in GceService]: () => Promise<ClientClass<S>> } = {
  acceleratorTypes: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/accelerator_types_client.js"))
        .AcceleratorTypesClient,
  ),
  diskTypes: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/disk_types_client.js")).DiskTypesClient,
  ),
  disks: googleLoader(
    async () => (await import("@google-cloud/compute/build/src/v1/disks_client.js")).DisksClient,
  ),
  images: googleLoader(
    async () => (await import("@google-cloud/compute/build/src/v1/images_client.js")).ImagesClient,
  ),
  instances: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/instances_client.js")).InstancesClient,
  ),
  machineTypes: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/machine_types_client.js"))
        .MachineTypesClient,
  ),
  projects: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/projects_client.js")).ProjectsClient,
  ),
  reservations: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/reservations_client.js"))
        .ReservationsClient,
  ),
  subnetworks: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/subnetworks_client.js")).SubnetworksClient,
  ),
  zoneOperations: googleLoader(
    async () =>
      (await import("@google-cloud/compute/build/src/v1/zone_operations_client.js"))
        .ZoneOperationsClient,
  ),
  zones: googleLoader(
    async () => (await import("@google-cloud/compute/build/src/v1/zones_client.js")).ZonesClient,
  ),
};

/** Google's clients for one endpoint. Nothing is imported or sent before the first one is requested. */
export function createGceClients(clientOptions: GceClientOptions): GceClients {
  const made: { [S in GceService]?: Map<GceRole, Promise<GceServices[S]>> } = {};
  const make = async <S extends GceService>(service: S, role: GceRole) => {
    const load: () => Promise<ClientClass<S>> = CLIENTS[service];
    const options = await optionsOf(clientOptions, role);
    const { computeGax } = await loadGax();
    const Client = await load();
    return new Client(options, computeGax());
  };
  return {
    async client(service, role) {
      const roles = (made[service] ??= new Map());
      const client = roles.get(role) ?? make(service, role);
      roles.set(role, client);
      try {
        return await client;
      } catch (caught) {
        roles.delete(role);
        throw caught;
      }
    },
    secrets: () =>
      Object.values(clientOptions.authorization).flatMap((authorization) =>
        authorization.secrets(),
      ),
    async close() {
      const clients = Object.values(made).flatMap((roles) => [...roles.values()]);
      for (const client of await Promise.all(clients)) await client.close();
    },
  };
}

async function optionsOf(
  { endpoint, authorization }: GceClientOptions,
  role: GceRole,
): Promise<Options> {
  const options: Options = { ...(await endpoint(role)), fallback: true };
  // The clients use only two methods of an `AuthClient`, so only these are implemented.
  const { getRequestHeaders, fetch } = authorization[role];
  return Object.assign(options, { authClient: { getRequestHeaders, fetch } });
}
