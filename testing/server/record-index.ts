interface Kept<T, Found> {
  readonly found: Found;
  /** Stands before the first record that is not in it yet: a map's iterator goes on to what came since. */
  readonly unseen: Iterator<T>;
  seen: number;
}

/** Something that is looked up in a map's records. */
export interface RecordIndex<T, Found> {
  of(records: ReadonlyMap<string, T>): Found;
  /** To be called where records were taken away: a map grows at its end, but shrinks anywhere. */
  forget(records: ReadonlyMap<string, T>): void;
}

/** An index that looks at each record once, when it is first asked for after the record has come. */
export function recordIndex<T, Found>(
  empty: () => Found,
  add: (found: Found, record: T) => void,
): RecordIndex<T, Found> {
  const indexes = new WeakMap<object, Kept<T, Found>>();
  return {
    of(records) {
      const index = indexes.get(records) ?? { found: empty(), unseen: records.values(), seen: 0 };
      indexes.set(records, index);
      // Never to its end: an iterator that has been there stays there.
      while (index.seen < records.size) {
        const { done, value } = index.unseen.next();
        if (done === true) break;
        add(index.found, value);
        index.seen += 1;
      }
      return index.found;
    },
    forget: (records) => void indexes.delete(records),
  };
}
