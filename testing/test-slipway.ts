import { randomBytes } from "node:crypto";
import { createCatalog } from "../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../src/catalog/store/memory-store.ts";
import { SlipwayError } from "../src/errors.ts";
import { checkOptions } from "../src/json/check-options.ts";
import type { ShapeOf } from "../src/json/check-options.ts";
import { createMemoryLedger } from "../src/ledger/memory-ledger.ts";
import type { Substrate } from "../src/plan/plan.ts";
import { givenKey } from "../src/secrets/key-source.ts";
import { createSealedStore } from "../src/secrets/sealed-store.ts";
import { assembleSlipway } from "../src/slipway/facade.ts";
import type { SlipwayPorts } from "../src/slipway/facade.ts";
import type { Slipway } from "../src/slipway/slipway.ts";
import { createFakeClock } from "./fake-clock.ts";
import type { FakeClock } from "./fake-clock.ts";
import { createFakeAdapter } from "./substrate/fake-adapter.ts";
import type { FakeAdapter, FakeAdapterOptions } from "./substrate/fake-adapter.ts";
import type { FakeImage } from "./substrate/fake-world.ts";

export interface TestSlipwayOptions {
  /** The images that exist, on every substrate. Default: none, so that a dry run says `IMAGE_NOT_FOUND`. */
  readonly images?: readonly FakeImage[];
  /**
   * Further options of a substrate, such as the time that a machine takes to boot. Default of `places`: every place that
   * a placement names, without limits.
   */
  readonly substrates?: Readonly<Partial<Record<Substrate, Partial<FakeAdapterOptions>>>>;
  /** Default `default`. */
  readonly tenant?: string;
  /** Replacements for the ports in memory. */
  readonly ports?: Partial<SlipwayPorts>;
}

/** Slipway in memory, and what a test needs to look at it and to break it. */
export interface TestSlipway extends Slipway {
  readonly clock: FakeClock;
  /** The fake of each substrate: its machines, the calls so far, and faults to inject. */
  readonly substrates: Readonly<Record<Substrate, FakeAdapter>>;
  /** Opens Slipway as the program's next process would: with the same records, spawns, machines and time. */
  reopen(): TestSlipway;
}

const OPTIONS: ShapeOf<TestSlipwayOptions> = {
  images: "list",
  substrates: "object",
  tenant: "string",
  ports: "object",
};

/**
 * Creates Slipway for the tests of a program: catalog and ledger in memory, a fake of each substrate, and a clock that
 * only the test advances. No engine, cloud, registry, file or environment variable is used.
 *
 * @throws SlipwayError `INVALID_ARGUMENT` / `INVALID_INPUT` for an unknown option
 */
export function createTestSlipway(options: TestSlipwayOptions = {}): TestSlipway {
  checkOptions("createTestSlipway", options, OPTIONS);
  const { images = [], substrates = {} } = options;
  const clock = createFakeClock();
  const fakeOf = (substrate: Substrate) =>
    createFakeAdapter({ clock, images, places: "any", ...substrates[substrate], substrate });
  const ledger = createMemoryLedger();
  const store = createMemoryStore(ledger.liveMachines);
  return openTestSlipway(options, {
    clock,
    store,
    secrets: createSealedStore(store, givenKey(randomBytes(32))),
    ledger,
    fakes: { AWS: fakeOf("AWS"), GCP: fakeOf("GCP"), DOCKER: fakeOf("DOCKER") },
    ended: new Set(),
    opened: { processes: 0, spawns: 0 },
  });
}

/** All that outlives a process. */
interface TestWorld {
  readonly clock: FakeClock;
  readonly store: ReturnType<typeof createMemoryStore>;
  readonly secrets: ReturnType<typeof createSealedStore>;
  readonly ledger: ReturnType<typeof createMemoryLedger>;
  readonly fakes: TestSlipway["substrates"];
  /** The workers whose Slipway is closed. */
  readonly ended: Set<string>;
  readonly opened: { processes: number; spawns: number };
}

function openTestSlipway(options: TestSlipwayOptions, world: TestWorld): TestSlipway {
  const { clock, store, secrets, ledger, ended, opened } = world;
  const { tenant = "default" } = options;
  const worker = `test-${(opened.processes += 1)}`;
  const slipway = assembleSlipway({
    tenant,
    catalog: createCatalog({ store, secrets, clock, tenant, actor: "test" }),
    ledger,
    clock,
    random: () => 0.5,
    worker: { id: worker, isGone: (other) => ended.has(other) },
    openAdapter: ({ substrate }) => Promise.resolve(world.fakes[substrate]),
    readSecret: (name) => secrets.get(tenant, name),
    dockerCredential: () => Promise.resolve(null),
    registryToken: () => Promise.reject(noRegistry()),
    openRegistryClient: () => Promise.reject(noRegistry()),
    rotateKey: () => secrets.rotateKey(),
    newSpawnId: (workspace) => `${workspace}-${(opened.spawns += 1)}`,
    close: () => Promise.resolve(),
    ...options.ports,
  });
  return {
    ...slipway,
    clock,
    substrates: world.fakes,
    reopen: () => openTestSlipway(options, world),
    async [Symbol.asyncDispose]() {
      ended.add(worker);
      await slipway[Symbol.asyncDispose]();
    },
  };
}

function noRegistry(): SlipwayError {
  return new SlipwayError({
    code: "UNAVAILABLE",
    reason: "REGISTRY_UNAVAILABLE",
    message: "createTestSlipway reads no registry",
    remedy:
      "Pass the ports openRegistryClient and registryToken, or use createSlipway with startRegistry.",
  });
}
