import { randomBytes } from "node:crypto";
import { assembleSlipway } from "../../src/slipway/facade.ts";
import type { SlipwayPorts } from "../../src/slipway/facade.ts";
import { createCatalog } from "../../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../../src/catalog/store/memory-store.ts";
import { givenKey } from "../../src/secrets/key-source.ts";
import { createSealedStore } from "../../src/secrets/sealed-store.ts";
import { LEDGER_MIGRATIONS } from "../../src/ledger/ledger-schema.ts";
import { createSqliteLedger } from "../../src/ledger/sqlite-ledger.ts";
import type { SubstrateAdapter } from "../../src/substrate/contract.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { createFakeAdapter } from "../../testing/substrate/fake-adapter.ts";
import type { FakeAdapterOptions } from "../../testing/substrate/fake-adapter.ts";
import { createFakeClock } from "../../testing/fake-clock.ts";
import { scratchFolder } from "./scratch.ts";

export const REFERENCE = "registry.example/team/agent:v1";
export const PINNED = `registry.example/team/agent@sha256:${"a".repeat(64)}`;

/** Slipway with a catalog in memory, a ledger on disk and a fake substrate; one workspace is set. */
export async function openAssembled(
  adapterOptions: Partial<FakeAdapterOptions> = {},
  portOptions: Partial<SlipwayPorts> = {},
  changeAdapter: (adapter: SubstrateAdapter) => SubstrateAdapter = (adapter) => adapter,
) {
  const folder = scratchFolder();
  const clock = createFakeClock();
  const adapter = createFakeAdapter({
    clock,
    images: [
      { reference: REFERENCE, artifact: PINNED, architecture: "amd64", prints: "up\n" },
      { reference: PINNED, architecture: "amd64" },
    ],
    places: [{ place: "local" }],
    ...adapterOptions,
  });
  const store = createMemoryStore();
  const secrets = createSealedStore(store, givenKey(randomBytes(32)));
  const database = await openDatabase({
    path: `${folder.path}/ledger.db`,
    migrations: { ledger: LEDGER_MIGRATIONS },
  });
  const ledger = createSqliteLedger(database);
  let ids = 0;
  const ports = (tenant: string): SlipwayPorts => ({
    tenant,
    catalog: createCatalog({ store, secrets, clock, tenant, actor: "test" }),
    ledger,
    clock,
    random: () => 0.5,
    worker: { id: "test", isGone: () => false },
    openAdapter: () => Promise.resolve(changeAdapter(adapter)),
    readSecret: (name) => secrets.get(tenant, name),
    dockerCredential: () => Promise.resolve(null),
    registryToken: () => Promise.reject(new Error("no registry is read")),
    openRegistryClient: () => Promise.reject(new Error("no registry is read")),
    rotateKey: () => secrets.rotateKey(),
    newSpawnId: (workspace) => `${workspace}-${(ids += 1)}`,
    close: () => Promise.resolve(),
    ...portOptions,
  });
  const slipway = assembleSlipway(ports("default"));
  const { catalog } = slipway;
  await catalog.set("image", {
    name: "agent",
    architecture: "ARCHITECTURE_AMD64",
    docker: { imageRef: REFERENCE },
  });
  await catalog.set("placement", { name: "here", substrate: "DOCKER", target: { docker: {} } });
  await catalog.set("workspace", { name: "agent-dev", imageRef: "agent", placement: "here" });
  return {
    slipway,
    catalog,
    ledger,
    adapter,
    clock,
    otherTenant: assembleSlipway(ports("other")),
    async [Symbol.asyncDispose]() {
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}
