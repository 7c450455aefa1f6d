import { createTypedCalls } from "./typed-calls.ts";
import type { TypedCallPorts } from "./typed-calls.ts";
import type { GceServices } from "./client.ts";
import {
  acceleratorTypeReply,
  diskReply,
  diskTypeReply,
  imageReply,
  instanceReply,
  machineTypeReply,
  operationReply,
  permissionsReply,
  projectReply,
  reservationReply,
  scopedInstancesReply,
  serialOutputReply,
  subnetworkReply,
  zoneReply,
} from "./replies.ts";

export interface InProject {
  readonly project: string;
}
export interface InZone extends InProject {
  readonly zone: string;
}
export interface InRegion extends InProject {
  readonly region: string;
}
export interface Filtered {
  readonly filter?: string;
}
/** Permissions to test; the reply has those that the launcher has. */
export interface Permissions {
  readonly permissions: readonly string[];
}

type Instances = GceServices["instances"];
/** The body of an insert, in the client's types. */
export type InstanceResource = NonNullable<
  NonNullable<Parameters<Instances["insert"]>[0]>["instanceResource"]
>;
/** The body of a bulk insert. */
export type BulkInsertResource = NonNullable<
  NonNullable<Parameters<Instances["bulkInsert"]>[0]>["bulkInsertInstanceResourceResource"]
>;

export type GceApi = ReturnType<typeof createGceApi>;

/**
 * Every method of Compute Engine that Slipway calls (see `API_CALLS`). Each obeys its signal and throws
 * `GceCallFailure`. Reads are retried if that may help; changes never are.
 */
export function createGceApi({ clients, ...rest }: TypedCallPorts) {
  const { call, callPages, callZones } = createTypedCalls({ clients, ...rest });
  return {
    image: (request: InProject & { readonly image: string }, signal: AbortSignal) =>
      call("images.get", signal, imageReply, (client, options) => client.get(request, options)),

    imageOfFamily: (request: InProject & { readonly family: string }, signal: AbortSignal) =>
      call("images.getFromFamily", signal, imageReply, (client, options) =>
        client.getFromFamily(request, options),
      ),

    images: (request: InProject & Filtered, signal: AbortSignal) =>
      callPages("images.list", signal, imageReply, (client, page, options) =>
        client.list({ ...request, ...page }, options),
      ),

    imagePermissions: (
      request: InProject & Permissions & { readonly image: string },
      signal: AbortSignal,
    ) =>
      call("images.testIamPermissions", signal, permissionsReply, (client, options) =>
        client.testIamPermissions(
          { project: request.project, resource: request.image, ...permissionsBody(request) },
          options,
        ),
      ),

    project: (request: InProject, signal: AbortSignal) =>
      call("projects.get", signal, projectReply, (client, options) => client.get(request, options)),

    zone: (request: InZone, signal: AbortSignal) =>
      call("zones.get", signal, zoneReply, (client, options) => client.get(request, options)),

    machineType: (request: InZone & { readonly machineType: string }, signal: AbortSignal) =>
      call("machineTypes.get", signal, machineTypeReply, (client, options) =>
        client.get(request, options),
      ),

    machineTypes: (request: InZone & Filtered, signal: AbortSignal) =>
      callPages("machineTypes.list", signal, machineTypeReply, (client, page, options) =>
        client.list({ ...request, ...page }, options),
      ),

    /** The zones that offer the type. */
    machineTypeZones: (
      { project, machineType }: InProject & { readonly machineType: string },
      signal: AbortSignal,
    ) =>
      callZones("machineTypes.aggregatedList", signal, (client, options) => {
        const pages = { project, filter: `name = "${machineType}"` };
        return client.aggregatedListAsync(pages, { ...options, ...PAGES_BY_ITERATION });
      }),

    acceleratorType: (
      request: InZone & { readonly acceleratorType: string },
      signal: AbortSignal,
    ) =>
      call("acceleratorTypes.get", signal, acceleratorTypeReply, (client, options) =>
        client.get(request, options),
      ),

    diskType: (request: InZone & { readonly diskType: string }, signal: AbortSignal) =>
      call("diskTypes.get", signal, diskTypeReply, (client, options) =>
        client.get(request, options),
      ),

    reservation: (request: InZone & { readonly reservation: string }, signal: AbortSignal) =>
      call("reservations.get", signal, reservationReply, (client, options) =>
        client.get(request, options),
      ),

    subnetwork: (request: InRegion & { readonly subnetwork: string }, signal: AbortSignal) =>
      call("subnetworks.get", signal, subnetworkReply, (client, options) =>
        client.get(request, options),
      ),

    subnetworkPermissions: (
      request: InRegion & Permissions & { readonly subnetwork: string },
      signal: AbortSignal,
    ) =>
      call("subnetworks.testIamPermissions", signal, permissionsReply, (client, options) => {
        const { project, region, subnetwork } = request;
        return client.testIamPermissions(
          { project, region, resource: subnetwork, ...permissionsBody(request) },
          options,
        );
      }),

    instance: (request: InZone & { readonly instance: string }, signal: AbortSignal) =>
      call("instances.get", signal, instanceReply, (client, options) =>
        client.get(request, options),
      ),

    instances: (request: InZone & Filtered, signal: AbortSignal) =>
      callPages("instances.list", signal, instanceReply, (client, page, options) =>
        client.list({ ...request, ...page }, options),
      ),

    /** The instances of all zones of the project. An unreachable zone fails the call. */
    allInstances: (request: InProject & Filtered, signal: AbortSignal) =>
      call("instances.aggregatedList", signal, scopedInstancesReply, async (client, options) => {
        const pages = { ...request, maxResults: 500, returnPartialSuccess: false };
        const scopes = client.aggregatedListAsync(pages, { ...options, ...PAGES_BY_ITERATION });
        return [await Array.fromAsync(scopes)];
      }),

    /** The output of the first serial port from an offset on, in bytes. Compute Engine keeps only the last megabyte. */
    serialOutput: (
      request: InZone & { readonly instance: string; readonly start?: number },
      signal: AbortSignal,
    ) =>
      call("instances.getSerialPortOutput", signal, serialOutputReply, (client, options) =>
        client.getSerialPortOutput(request, options),
      ),

    disk: (request: InZone & { readonly disk: string }, signal: AbortSignal) =>
      call("disks.get", signal, diskReply, (client, options) => client.get(request, options)),

    disks: (request: InZone & Filtered, signal: AbortSignal) =>
      callPages("disks.list", signal, diskReply, (client, page, options) =>
        client.list({ ...request, ...page }, options),
      ),

    insertInstance: (
      request: InZone & { readonly requestId: string; readonly instanceResource: InstanceResource },
      signal: AbortSignal,
    ) =>
      call("instances.insert", signal, operationReply, async (client, options) =>
        begun(await client.insert(request, options)),
      ),

    bulkInsertInstances: (
      request: InZone & {
        readonly requestId: string;
        readonly bulkInsertInstanceResourceResource: BulkInsertResource;
      },
      signal: AbortSignal,
    ) =>
      call("instances.bulkInsert", signal, operationReply, async (client, options) =>
        begun(await client.bulkInsert(request, options)),
      ),

    deleteInstance: (
      request: InZone & { readonly instance: string; readonly requestId?: string },
      signal: AbortSignal,
    ) =>
      call("instances.delete", signal, operationReply, async (client, options) =>
        begun(await client.delete(request, options)),
      ),

    /** Returns the operation when it is done, or its state after two minutes. */
    waitForOperation: (request: InZone & { readonly operation: string }, signal: AbortSignal) =>
      call("zoneOperations.wait", signal, operationReply, (client, options) =>
        client.wait(request, options),
      ),

    operations: (request: InZone & Filtered, signal: AbortSignal) =>
      callPages("zoneOperations.list", signal, operationReply, (client, page, options) =>
        client.list({ ...request, ...page }, options),
      ),

    /** The keys and tokens that were sent to Google. */
    secrets: () => clients.secrets(),
    close: () => clients.close(),
  };
}

/** An iteration does this anyway, but without the option the client prints a warning. */
const PAGES_BY_ITERATION = { autoPaginate: false } as const;

function permissionsBody({ permissions }: Permissions) {
  return { testPermissionsRequestResource: { permissions: [...permissions] } };
}

/** The client wraps the operation into an object with its own way of waiting. */
function begun([operation]: readonly unknown[]): readonly unknown[] {
  if (typeof operation !== "object" || operation === null) return [];
  return ["latestResponse" in operation ? operation.latestResponse : operation];
}
