/** A request's entry while it is under way. */
export type Open<Entry> = { -readonly [Key in keyof Entry]: Entry[Key] };

/** The latest requests of a server, in order of arrival. */
export interface RequestLog<Entry> {
  readonly entries: readonly Entry[];
  add(entry: Entry): void;
}

/** @param most entries that are kept; the oldest go first. Default all: a server that stays needs a bound. */
export function requestLog<Entry>(most = Infinity): RequestLog<Entry> {
  const entries: Entry[] = [];
  return {
    entries,
    add(entry) {
      entries.push(entry);
      if (entries.length > most) entries.shift();
    },
  };
}
