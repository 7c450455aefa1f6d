import type { Catalog } from "../../../src/catalog/catalog.ts";
import { createCatalog } from "../../../src/catalog/create-catalog.ts";
import { createMemoryStore } from "../../../src/catalog/store/memory-store.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import { givenKey } from "../../../src/secrets/key-source.ts";
import { createSealedStore } from "../../../src/secrets/sealed-store.ts";
import type { SecretStore } from "../../../src/secrets/sealed-store.ts";

const KEY = new Uint8Array(32).fill(5);

/** A catalog in memory, at a fixed time. */
export function memoryCatalog(
  options: { readonly tenant?: string; readonly store?: CatalogStore } = {},
): { readonly catalog: Catalog; readonly secrets: SecretStore; readonly store: CatalogStore } {
  const { tenant = "acme", store = createMemoryStore() } = options;
  const secrets = createSealedStore(store, givenKey(KEY));
  const clock = { now: () => Date.UTC(2026, 10, 22, 4), sleep: () => Promise.resolve() };
  return {
    catalog: createCatalog({ store, secrets, clock, tenant, actor: "ann" }),
    secrets,
    store,
  };
}
