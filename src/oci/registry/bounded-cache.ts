/** A map with a maximum weight that evicts the least recently used entries. */
export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** @param weigh an entry's weight towards the maximum; default 1 */
export function createBoundedCache<Value>(
  maximum: number,
  weigh: (value: Value) => number = () => 1,
): BoundedCache<Value> {
  // A Map keeps the insertion order, so a used entry moves to the end.
  const entries = new Map<string, Value>();
  let total = 0;
  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value !== undefined && entries.delete(key)) total -= weigh(value);
  };
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      remove(key);
      entries.set(key, value);
      total += weigh(value);
      for (const oldest of entries.keys()) {
        if (total <= maximum) break;
        remove(oldest);
      }
    },
    delete: remove,
  };
}
