interface IndexState<T, Found> {
  readonly found: Found;
  /** Positioned before the first record that is not indexed yet: a map's iterator also visits records added later. */
  readonly unseen: Iterator<T>;
  seen: number;
}

/** A lookup derived from the records of a map. */
export interface RecordIndex<T, Found> {
  of(records: ReadonlyMap<string, T>): Found;
  /** Must be called after a record was removed: the index follows additions only. */
  invalidate(records: ReadonlyMap<string, T>): void;
}

/** An index that reads each record once, on the first lookup after the record was added. */
export function recordIndex<T, Found>(
  empty: () => Found,
  add: (found: Found, record: T) => void,
): RecordIndex<T, Found> {
  const indexes = new WeakMap<object, IndexState<T, Found>>();
  return {
    of(records) {
      const index = indexes.get(records) ?? { found: empty(), unseen: records.values(), seen: 0 };
      indexes.set(records, index);
      // Never exhaust the iterator: an exhausted iterator does not see later records.
      while (index.seen < records.size) {
        const { done, value } = index.unseen.next();
        if (done === true) break;
        add(index.found, value);
        index.seen += 1;
      }
      return index.found;
    },
    invalidate: (records) => void indexes.delete(records),
  };
}
