/** The entry of a request in progress. */
export type InProgress<Entry> = { -readonly [Key in keyof Entry]: Entry[Key] };

/** The latest requests of a server, in order of arrival. */
export interface RequestLog<Entry> {
  readonly entries: readonly Entry[];
  add(entry: Entry): void;
}

/** @param maximum maximum number of entries; the oldest are dropped first. Default: no limit. */
export function requestLog<Entry>(maximum = Infinity): RequestLog<Entry> {
  const entries: Entry[] = [];
  return {
    entries,
    add(entry) {
      entries.push(entry);
      if (entries.length > maximum) entries.shift();
    },
  };
}
