import { DisksClient } from "@google-cloud/compute/build/src/v1/disks_client.js";
import { GlobalOperationsClient } from "@google-cloud/compute/build/src/v1/global_operations_client.js";
import { ImagesClient } from "@google-cloud/compute/build/src/v1/images_client.js";
import { InstancesClient } from "@google-cloud/compute/build/src/v1/instances_client.js";
import { MachineTypesClient } from "@google-cloud/compute/build/src/v1/machine_types_client.js";
import { SubnetworksClient } from "@google-cloud/compute/build/src/v1/subnetworks_client.js";
import { ZoneOperationsClient } from "@google-cloud/compute/build/src/v1/zone_operations_client.js";
import { ZonesClient } from "@google-cloud/compute/build/src/v1/zones_client.js";
import { OAuth2Client } from "google-auth-library";

/** Google's own clients with a local endpoint, which never request a token. */
export function gceClients(url: string) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "token", expiry_date: Date.now() + 3_600_000 });
  const { hostname, port } = new URL(url);
  const options: ConstructorParameters<typeof ImagesClient>[0] = {
    apiEndpoint: hostname,
    port: Number(port),
    protocol: "http",
    fallback: true,
    projectId: "agents",
  };
  // Added by hand: the clients' types require the exact copy of the library that they were built with.
  Object.assign(options, { authClient });
  return {
    disks: new DisksClient(options),
    globalOperations: new GlobalOperationsClient(options),
    images: new ImagesClient(options),
    instances: new InstancesClient(options),
    machineTypes: new MachineTypesClient(options),
    subnetworks: new SubnetworksClient(options),
    zoneOperations: new ZoneOperationsClient(options),
    zones: new ZonesClient(options),
  };
}
