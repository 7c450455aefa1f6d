import { randomUUID } from "node:crypto";
import { systemClock } from "../../src/host/system-clock.ts";
import type { Cloud, Exchange } from "./answer.ts";
import { type ImageOptions, makeImage } from "./built-in-images.ts";
import type { Timing } from "./context.ts";
import { type CloudFault } from "../server/cloud-fault-grammar.ts";
import { addCloudFault, cloudFaults } from "../server/cloud-faults.ts";
import { type CloudOptions, serveCloud } from "../server/cloud-server.ts";
import type { FaultHandle } from "../server/fault-board.ts";
import type { ListeningOptions } from "../server/http-server.ts";
import { type MetadataServer, metadataServers } from "../server/metadata.ts";
import { requestLog } from "../server/request-log.ts";
import { readStateFile, writeStateFile } from "../server/state-file.ts";
import { GCE_FAULTS } from "./faults.ts";
import { MACHINE_TYPES, type MachineType } from "./machine-types.ts";
import { type MetadataOwner, metadataService } from "./metadata/metadata-service.ts";
import { preemptInstance } from "./preemption.ts";
import { type RateTable, publishedRates } from "./rate-limits.ts";
import type {
  ClosedZone,
  Disk,
  Image,
  Instance,
  Policy,
  Pool,
  Quota,
  Reservation,
  Subnetwork,
} from "./records.ts";
import type { GceRequest } from "./request-entry.ts";
import type { ReservationOptions } from "./reservations.ts";
import { gceApi } from "./wire.ts";
import { worldDocument, worldSchema } from "./world-document.ts";
import { type World, emptyWorld, newId, projectOf } from "./world.ts";

export interface GceOptions extends CloudOptions {
  /** Default 50, 150, 200 and 20 ms, in the order of {@link Timing}. */
  readonly timing?: Partial<Timing>;
  /** Default {@link publishedRates}. */
  readonly rates?: RateTable;
  /** Added to the built-in types; a type with the name of a built-in one replaces it. */
  readonly machineTypes?: readonly MachineType[];
  /** Seed of the generated ids. Default: random. */
  readonly seed?: string;
  /** Called with every answer before it is sent. */
  readonly observe?: (exchange: Exchange) => void;
}

/** A permission denied to a project's callers: on all resources, or on the one with this partial link. */
export interface GceDenial {
  readonly project: string;
  readonly permission: string;
  readonly resource?: string;
}

/** A running fake of Compute Engine. Ends with `close()` or `await using`. */
export interface GceFake extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`; the API is at `/compute/v1/`. */
  readonly url: string;
  /** Every request so far, in order of arrival. */
  readonly requests: readonly GceRequest[];
  /** Injects a fault from now on. */
  fault(rule: CloudFault): FaultHandle;
  /** Opens the metadata server of a VM at an address of its own. */
  metadata(owner: MetadataOwner, options?: ListeningOptions): Promise<MetadataServer>;
  /** Adds an image to a project, or replaces the one with the same name. */
  addImage(project: string, image: ImageOptions): Image;
  /** Removes an image without a trace, as if it had been deleted long ago. */
  removeImage(project: string, name: string): void;
  /** Adds a subnet, and its network if that does not exist. */
  addSubnetwork(
    project: string,
    subnetwork: {
      readonly name: string;
      readonly region: string;
      readonly network: string;
      readonly cidr: string;
      /** Default `IPV4_ONLY`. */
      readonly stackType?: "IPV4_ONLY" | "IPV4_IPV6" | "IPV6_ONLY";
    },
  ): void;
  /** Reserves machines, or replaces the reservation with the same name and zone. */
  addReservation(project: string, reservation: ReservationOptions): void;
  /** Limits the number of machines of a type in a zone, of one market or of both, from now on. */
  setCapacity(pool: Pool): void;
  setQuota(quota: Quota): void;
  /** Denies a permission to a project's callers. */
  deny(denial: GceDenial): void;
  /** Removes the project: it does not exist from now on. */
  removeProject(project: string): void;
  /** Sets the zone's status to DOWN. */
  takeDown(zone: string): void;
  /** Closes the zone to a project, as a location policy does. */
  closeZone(zone: ClosedZone): void;
  /** Enforces a policy of the organization on a project's launches. */
  enforce(policy: Policy): void;
  /** Sets the output of the machine's first serial port. */
  print(project: string, zone: string, name: string, text: string): void;
  /** Reclaims a spot machine: it stops or is deleted, as its termination action says. */
  preempt(project: string, zone: string, name: string): void;
  instances(project: string): readonly Instance[];
  disks(project: string): readonly Disk[];
  close(): Promise<void>;
}

/**
 * Starts a strict fake of the Compute Engine API in this process. Google's own clients, `gcloud` and others work with it
 * when their endpoint points to it. It rejects the requests that Google rejects. Every project exists, with its images
 * and its network.
 *
 * @throws SlipwayError `PORT_UNAVAILABLE`, or `INVALID_INPUT` for an invalid state file.
 */
export async function startGce(options: GceOptions = {}): Promise<GceFake> {
  const { stateFile, machineTypes = [] } = options;
  const kept =
    stateFile === undefined ? null : await readStateFile(stateFile, worldSchema, "Compute Engine");
  const world = kept ?? emptyWorld(options.seed ?? randomUUID());
  const replaced = new Set(machineTypes.map(({ name }) => name));
  const cloud: Cloud = {
    world,
    clock: options.clock ?? systemClock,
    timing: { provisioningMs: 50, stagingMs: 150, endingMs: 200, otherMs: 20, ...options.timing },
    machineTypes: [...MACHINE_TYPES.filter(({ name }) => !replaced.has(name)), ...machineTypes],
    rates: options.rates ?? publishedRates,
    rateCounts: new Map(),
    faults: cloudFaults(GCE_FAULTS, options.faults),
    log: requestLog(options.maximumRequests),
    observe: options.observe ?? (() => undefined),
    save: () =>
      stateFile === undefined ? undefined : writeStateFile(stateFile, worldDocument(world)),
  };
  const metadata = metadataService(world, cloud.clock);
  const api = gceApi(cloud, metadata);
  const { url, close: closeApi } = await serveCloud(api, options, cloud.save);
  const servers = metadataServers(api.defect);
  const close = async (): Promise<void> => {
    await Promise.all([closeApi(), servers.closeAll()]);
  };
  return {
    url,
    requests: cloud.log.entries,
    fault: (rule) => addCloudFault(cloud.faults, rule),
    metadata: async (owner, listening = {}) => await servers.open(metadata.of(owner), listening),
    ...worldHandle(cloud),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function worldHandle({ world, clock, save }: Cloud) {
  const changed = <T>(result: T): T => {
    save();
    return result;
  };
  return {
    addImage(project: string, options: ImageOptions): Image {
      const image = makeImage(project, clock.now(), options);
      projectOf(world, project).images.set(image.name, image);
      return changed(image);
    },
    removeImage: (project: string, name: string): void =>
      void changed(projectOf(world, project).images.delete(name)),
    addSubnetwork: (project: string, subnetwork: Parameters<GceFake["addSubnetwork"]>[1]): void =>
      changed(addSubnetwork(world, project, { ...subnetwork, createdAt: clock.now() })),
    addReservation(project: string, options: ReservationOptions): void {
      const reservation: Reservation = {
        specificReservationRequired: true,
        status: "READY",
        ...options,
        accelerators: [...(options.accelerators ?? [])],
        id: newId(world),
        createdAt: clock.now(),
      };
      projectOf(world, project).reservations.set(`${options.zone}/${options.name}`, reservation);
      save();
    },
    setCapacity: (pool: Pool): void => changed(replace(world.pools, pool, isSamePool)),
    setQuota: (quota: Quota): void => changed(replace(world.quotas, quota, isSameQuota)),
    deny: ({ resource, ...denial }: GceDenial): void =>
      void changed(world.denials.push({ ...denial, resource: resource ?? null })),
    removeProject: (project: string): void => void changed(world.missingProjects.add(project)),
    closeZone: (zone: ClosedZone): void => void changed(world.closedZones.push(zone)),
    enforce: (policy: Policy): void => void changed(world.policies.push(policy)),
    takeDown: (zone: string): void => void changed(world.downZones.add(zone)),
    print(project: string, zone: string, name: string, text: string): void {
      const instance = projectOf(world, project).instances.get(`${zone}/${name}`);
      if (instance !== undefined) instance.serialOutput = text;
      save();
    },
    preempt(project: string, zone: string, name: string): void {
      preemptInstance({ world, project: projectOf(world, project), now: clock.now() }, zone, name);
      save();
    },
    instances: (project: string) => [...projectOf(world, project).instances.values()],
    disks: (project: string) => [...projectOf(world, project).disks.values()],
  };
}

function addSubnetwork(world: World, project: string, subnetwork: Omit<Subnetwork, "id">): void {
  const { networks, subnetworks } = projectOf(world, project);
  const { network: name, region, createdAt } = subnetwork;
  if (!networks.has(name)) networks.set(name, { id: newId(world), name, createdAt });
  subnetworks.set(`${region}/${subnetwork.name}`, { ...subnetwork, id: newId(world) });
}

function isSamePool(one: Pool, other: Pool): boolean {
  return (
    one.machineType === other.machineType && one.zone === other.zone && one.market === other.market
  );
}

function isSameQuota(one: Quota, other: Quota): boolean {
  return (
    one.project === other.project && one.region === other.region && one.metric === other.metric
  );
}

function replace<T>(records: T[], record: T, isSame: (one: T, other: T) => boolean): void {
  const index = records.findIndex((one) => isSame(one, record));
  if (index >= 0) records.splice(index, 1);
  records.push(record);
}
