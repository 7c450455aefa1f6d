/** A map that forgets what was used longest ago once it holds more than it may. */
export interface BoundedCache<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
}

/** @param weigh What an entry counts towards the maximum; default 1. */
export function createBoundedCache<Value>(
  maximum: number,
  weigh: (value: Value) => number = () => 1,
): BoundedCache<Value> {
  // A Map keeps the order of insertion: what is used is put at its end.
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
