/** Helpers that the parts of the contract share. */
import type { CatalogKind, CatalogKinds } from "../../../src/catalog/kinds.ts";
import type { CatalogStore } from "../../../src/catalog/store/store.ts";
import type { LiveMachines } from "../../../src/catalog/tables.ts";

/** A fresh store for one test. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: CatalogStore;
  /** The live machines that the store finds, by `kind name`. */
  readonly machines: Map<string, LiveMachines>;
}
export type OpenStore = () => Promise<StoreUnderTest>;

export const AT = "2026-11-22T04:00:00.000Z";
export const LATER = "2026-11-23T04:00:00.000Z";
export const ALL = { after: "", limit: 1000 };
export const terms = { tenant: "acme", at: AT, by: "ann" };

export async function put<K extends CatalogKind>(
  store: CatalogStore,
  kind: K,
  fields: CatalogKinds[K],
  more: { readonly ifGeneration?: number; readonly at?: string; readonly by?: string } = {},
) {
  return await store.set({ ...terms, kind, fields, ...more });
}
