import type { JsonObject } from "../../src/errors.ts";
import type { Call } from "./context.ts";
import { fullLink, scopeName } from "./links.ts";
import { PLACES } from "./places.ts";
import { parseFilter } from "./query/filter.ts";
import { type Sortable, page } from "./query/paging.ts";
import type { Scope } from "./records.ts";
import { compact, unlessEmpty } from "./render.ts";

export interface Listing<T> {
  /** `instance`, as in `compute#instanceList`. */
  readonly kind: string;
  /** `projects/P/zones/Z/instances` */
  readonly link: string;
  readonly records: Iterable<T>;
  readonly render: (record: T) => JsonObject;
  readonly keyOf: (record: T) => Sortable;
}

/** Answers a list method: filters, sorts and returns one page. */
export function list<T>(call: Call, listing: Listing<T>): JsonObject {
  const { items, nextPageToken } = select(call, listing);
  return compact({
    kind: `compute#${listing.kind}List`,
    id: listing.link,
    items: unlessEmpty(items.map(({ document }) => document)),
    nextPageToken,
    selfLink: fullLink(listing.link),
  });
}

/** The scopes in which the resource can exist. */
type ScopeKinds = "zones" | "regions" | "all";

export interface AggregatedListing<T> extends Listing<T> {
  /** `instances`: name of the list in each scope. */
  readonly collection: string;
  readonly scopeOf: (record: T) => Scope;
  readonly scopes: ScopeKinds;
}

/** Answers an aggregated list: each scope has its list, or a warning that the page has no results for it. */
export function aggregatedList<T>(call: Call, listing: AggregatedListing<T>): JsonObject {
  const { items, nextPageToken } = select(call, listing);
  const byScope = new Map<string, JsonObject[]>(scopesOf(listing.scopes).map((name) => [name, []]));
  for (const { record, document } of items)
    byScope.get(scopeName(listing.scopeOf(record)))?.push(document);
  const { collection } = listing;
  return compact({
    kind: `compute#${listing.kind}AggregatedList`,
    id: listing.link,
    items: Object.fromEntries(
      [...byScope].map(([name, documents]): [string, JsonObject] => [
        name,
        documents.length > 0 ? { [collection]: documents } : { warning: emptyScope(name) },
      ]),
    ),
    nextPageToken,
    selfLink: fullLink(listing.link),
  });
}

function select<T>(call: Call, { records, render, keyOf, link }: Listing<T>) {
  const filterText = call.query.get("filter");
  const filter = parseFilter(filterText);
  const isWhole = filterText === null || filterText === "";
  // Without a filter, only the records of the page are rendered.
  const matching = isWhole
    ? [...records]
    : Array.from(records).filter((one) => filter(render(one)));
  const shown = page(matching, keyOf, {
    maxResults: call.query.get("maxResults"),
    pageToken: call.query.get("pageToken"),
    orderBy: call.query.get("orderBy"),
    query: [call.id, link, filterText ?? ""],
  });
  return {
    items: shown.records.map((record) => ({ record, document: render(record) })),
    nextPageToken: shown.nextPageToken,
  };
}

function scopesOf(kinds: ScopeKinds): readonly string[] {
  const zones = PLACES.flatMap((place) => place.zones.map((zone) => `zones/${zone}`));
  const regions = PLACES.map(({ region }) => `regions/${region}`);
  switch (kinds) {
    case "zones":
      return zones;
    case "regions":
      return regions;
    case "all":
      return ["global", ...regions, ...zones];
  }
}

function emptyScope(scope: string): JsonObject {
  return {
    code: "NO_RESULTS_ON_PAGE",
    message: `There are no results for scope '${scope}' on this page.`,
    data: [{ key: "scope", value: scope }],
  };
}
