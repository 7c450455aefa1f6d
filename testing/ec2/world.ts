import { digest } from "../server/digest.ts";
import type {
  Account,
  CapacityReservation,
  Denial,
  Image,
  Host,
  Instance,
  KeyPair,
  LaunchTemplate,
  LaunchToken,
  NetworkInterface,
  Pool,
  Quota,
  SecurityGroup,
  Session,
  SpotPrice,
  Subnet,
  Volume,
  Vpc,
} from "./records.ts";

export interface Zone {
  readonly name: string;
  /** `use1-az1` */
  readonly id: string;
}

/** One region with all its resources, of all accounts. */
export interface Region {
  readonly name: string;
  readonly zones: readonly Zone[];
  readonly instances: Map<string, Instance>;
  readonly volumes: Map<string, Volume>;
  readonly interfaces: Map<string, NetworkInterface>;
  readonly images: Map<string, Image>;
  readonly vpcs: Map<string, Vpc>;
  readonly subnets: Map<string, Subnet>;
  readonly securityGroups: Map<string, SecurityGroup>;
  readonly keyPairs: Map<string, KeyPair>;
  readonly hosts: Map<string, Host>;
  readonly capacityReservations: Map<string, CapacityReservation>;
  readonly launchTemplates: Map<string, LaunchTemplate>;
  /** Zones by type, for types that are not offered everywhere. */
  readonly offerings: Map<string, readonly string[]>;
  /** Keyed by `tokenKey`. */
  readonly tokens: Map<string, LaunchToken>;
  readonly pools: Pool[];
  readonly quotas: Quota[];
  readonly spotPrices: SpotPrice[];
}

/** The whole state of a fake. */
export interface World {
  /** Seed of the generated ids, together with `nextId`. */
  readonly seed: string;
  nextId: number;
  readonly regions: Map<string, Region>;
  readonly sessions: Map<string, Session>;
  readonly denials: Denial[];
  /** The accounts with special settings, by id. */
  readonly accounts: Map<string, Account>;
}

export function emptyWorld(seed: string): World {
  return {
    seed,
    nextId: 0,
    regions: new Map(),
    sessions: new Map(),
    denials: [],
    accounts: new Map(),
  };
}

/** The regions of a fake, each with the letters of its zones. */
export const DEFAULT_REGIONS: Readonly<Record<string, string>> = {
  "us-east-1": "abcdef",
  "us-west-2": "abcd",
  "eu-west-1": "abc",
};

/** Zone numbers do not follow the zone letters. LocalStack uses the same numbers. */
const ZONE_NUMBERS: Readonly<Record<string, readonly number[]>> = {
  "eu-west-1": [3, 1, 2],
  "us-east-1": [6, 1, 2, 4, 3, 5],
  "us-west-2": [2, 1, 3, 4],
};

export function emptyRegion(name: string, zoneLetters: string): Region {
  return {
    name,
    zones: Array.from(zoneLetters, (letter, index) => ({
      name: `${name}${letter}`,
      id: `${shortRegion(name)}-az${ZONE_NUMBERS[name]?.[index] ?? index + 1}`,
    })),
    instances: new Map(),
    volumes: new Map(),
    interfaces: new Map(),
    images: new Map(),
    vpcs: new Map(),
    subnets: new Map(),
    securityGroups: new Map(),
    keyPairs: new Map(),
    hosts: new Map(),
    capacityReservations: new Map(),
    launchTemplates: new Map(),
    offerings: new Map(),
    tokens: new Map(),
    pools: [],
    quotas: [],
    spotPrices: [],
  };
}

/** `us-east-1` is `use1` in zone ids, `ap-southeast-2` is `apse2`. */
function shortRegion(name: string): string {
  const words = name.split("-");
  return words
    .map((word, index) => {
      if (index === 0 || /^\d+$/.test(word)) return word;
      const directions = word.match(/north|south|east|west|central/g) ?? [word];
      return directions.map((direction) => direction.charAt(0)).join("");
    })
    .join("");
}

/** A new, unique id of a kind such as `i` or `vol`: the prefix and 17 hexadecimal digits. */
export function newId(world: World, prefix: string): string {
  world.nextId += 1;
  return fixedId(prefix, world.seed, String(world.nextId));
}

/** An id that depends on the words only and is the same in every fake. */
export function fixedId(prefix: string, ...words: readonly string[]): string {
  return `${prefix}-0${digest(words).slice(0, 16)}`;
}

export function newRequestId(world: World): string {
  world.nextId += 1;
  const digits = digest([world.seed, "request", String(world.nextId)]);
  const variant = `a${digits.slice(17, 20)}`;
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}-${digits.slice(20, 32)}`;
}

/** Pseudo-random digits that are reproducible from the seed. */
export function newDigits(world: World, count: number): string {
  world.nextId += 1;
  return digest([world.seed, "digits", String(world.nextId)]).slice(0, count);
}

/** A client token is scoped to its account, and to the zone that its request named or else to the region. */
export function tokenKey({
  account,
  token,
  zone,
}: Pick<LaunchToken, "account" | "token" | "zone">): string {
  return JSON.stringify([account, token, zone]);
}
