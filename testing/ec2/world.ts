import { digest } from "../server/digest.ts";
import type {
  Denial,
  Image,
  Instance,
  LaunchToken,
  NetworkInterface,
  Pool,
  Quota,
  SecurityGroup,
  Session,
  Subnet,
  Volume,
  Vpc,
} from "./records.ts";

export interface Zone {
  readonly name: string;
  /** `use1-az1` */
  readonly id: string;
}

/** One region with everything in it, of all accounts. */
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
  /** Zones by type, where the type is not offered everywhere. */
  readonly offerings: Map<string, readonly string[]>;
  /** By `tokenKey`. */
  readonly tokens: Map<string, LaunchToken>;
  readonly pools: Pool[];
  readonly quotas: Quota[];
}

/** Everything that a stand-in knows. */
export interface World {
  /** What ids are derived from, with `nextId`. */
  readonly seed: string;
  nextId: number;
  readonly regions: Map<string, Region>;
  readonly sessions: Map<string, Session>;
  readonly denials: Denial[];
}

export function emptyWorld(seed: string): World {
  return { seed, nextId: 0, regions: new Map(), sessions: new Map(), denials: [] };
}

/** The numbers of zones are not in the order of their letters; these are the ones that LocalStack gives too. */
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
    offerings: new Map(),
    tokens: new Map(),
    pools: [],
    quotas: [],
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

/** A new id of the kind, such as `i` or `vol`: 17 hexadecimal digits, never given twice. */
export function newId(world: World, prefix: string): string {
  world.nextId += 1;
  return fixedId(prefix, world.seed, String(world.nextId));
}

/** An id that is the same for the same words in every stand-in. */
export function fixedId(prefix: string, ...words: readonly string[]): string {
  return `${prefix}-0${digest(words).slice(0, 16)}`;
}

export function newRequestId(world: World): string {
  world.nextId += 1;
  const digits = digest([world.seed, "request", String(world.nextId)]);
  const variant = `a${digits.slice(17, 20)}`;
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}-${digits.slice(20, 32)}`;
}

/** Lots drawn from the seed: the same stand-in draws the same. */
export function newDigits(world: World, count: number): string {
  world.nextId += 1;
  return digest([world.seed, "digits", String(world.nextId)]).slice(0, count);
}

/** A client token is its account's, and holds in the zone that its request named or in the region. */
export function tokenKey({
  account,
  token,
  zone,
}: Pick<LaunchToken, "account" | "token" | "zone">): string {
  return JSON.stringify([account, token, zone]);
}
