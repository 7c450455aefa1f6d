import { Ec2Failure, invalidValue } from "./failure.ts";
import { matchesGlob } from "./glob.ts";
import type { Filters } from "./parameters.ts";
import type { Tags } from "./records.ts";

/** The values that a record has for a filter; it passes if one of them matches one of the requested values. */
type FilterValues<T> = (
  record: T,
) => string | number | boolean | null | undefined | readonly string[];

/** The filters that a call supports. Any other filter is rejected. */
export type FilterTable<T> = Readonly<Record<string, FilterValues<T>>>;

/** "You can specify up to 50 filters and up to 200 values per filter in a single request." */
const MAXIMUM_FILTERS = 50;
const MAXIMUM_VALUES = 200;

/** The records that pass every filter. */
export function applyFilters<T>(
  records: readonly T[],
  filters: Filters,
  table: FilterTable<T>,
): readonly T[] {
  if (
    filters.length > MAXIMUM_FILTERS ||
    filters.some(({ Value }) => Value.length > MAXIMUM_VALUES)
  )
    throw new Ec2Failure(
      "FilterLimitExceeded",
      "The maximum number of filters, or of values of one filter, was exceeded.",
    );
  const tests = filters.map((filter) => {
    const values = valuesOf(filter.Name, table);
    return (record: T): boolean => passes(listOf(values(record)), filter.Value);
  });
  return records.filter((record) => tests.every((test) => test(record)));
}

function valuesOf<T>(name: string, table: FilterTable<T>): FilterValues<T> {
  const tagKey = name.startsWith("tag:") ? name.slice("tag:".length) : null;
  const tagsAs = table["tag"];
  if (tagKey !== null && tagsAs !== undefined)
    // The table's `tag` lists `key=value`; EC2 has no filter of that bare name.
    return (record) =>
      listOf(tagsAs(record)).flatMap((pair) =>
        pair.startsWith(`${tagKey}=`) ? [pair.slice(tagKey.length + 1)] : [],
      );
  const values = name !== "tag" && Object.hasOwn(table, name) ? table[name] : undefined;
  if (values === undefined) throw invalidValue(`The filter '${name}' is invalid`);
  return values;
}

function passes(has: readonly string[], asked: readonly string[]): boolean {
  return has.some((value) => asked.some((pattern) => matchesGlob(pattern, value)));
}

function listOf(value: ReturnType<FilterValues<never>>): readonly string[] {
  if (value === null || value === undefined) return [];
  if (typeof value === "string") return [value];
  return typeof value === "number" || typeof value === "boolean" ? [String(value)] : value;
}

/** The filters of every taggable resource. */
export function tagFilters<T extends { readonly tags: Tags }>(): FilterTable<T> {
  return {
    tag: ({ tags }) => tags.map(({ key, value }) => `${key}=${value}`),
    "tag-key": ({ tags }) => tags.map(({ key }) => key),
  };
}
