/** The value of `make`, which is called at the first use: a command does not pay for what it does not need. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** One value for each object, made at the first use and kept for as long as the object lives. */
export function memoize<Thing extends object, Value>(
  make: (thing: Thing) => Value,
): (thing: Thing) => Value {
  const known = new WeakMap<Thing, { readonly value: Value }>();
  return (thing) => {
    const made = known.get(thing) ?? { value: make(thing) };
    known.set(thing, made);
    return made.value;
  };
}

/**
 * `memoize` for what is computed from an object's content: it is kept for a frozen object and computed again for any
 * other, which may have changed.
 */
export function memoizeFrozen<Thing extends object, Value>(
  make: (thing: Thing) => Value,
): (thing: Thing) => Value {
  const known = memoize(make);
  return (thing) => (Object.isFrozen(thing) ? known(thing) : make(thing));
}

interface Found<Value> {
  readonly promise: Promise<Value>;
  /** Null while the promise is pending. */
  value: { readonly value: Value } | null;
}

/**
 * An asynchronous value for each key, found once. Concurrent callers share one call of `find`. A failure is passed to
 * all of them and is not kept: the next caller tries again.
 *
 * @param options.keyOf the key of a call; default: the first argument
 * @param options.isGood whether an earlier value may still be used; default: forever
 */
export function memoizeAsync<Arguments extends readonly unknown[], Value>(
  find: (...given: Arguments) => Promise<Value>,
  options: {
    readonly keyOf?: (...given: Arguments) => unknown;
    readonly isGood?: (value: Value) => boolean;
  } = {},
): (...given: Arguments) => Promise<Value> {
  const { keyOf = (...given: Arguments) => given[0], isGood = () => true } = options;
  const known = new Map<unknown, Found<Value>>();
  const begin = (key: unknown, given: Arguments): Found<Value> => {
    const found: Found<Value> = { promise: find(...given), value: null };
    known.set(key, found);
    found.promise.then(
      (value) => {
        found.value = { value };
      },
      () => {
        if (known.get(key) === found) known.delete(key);
      },
    );
    return found;
  };
  return async (...given) => {
    const key = keyOf(...given);
    const earlier = known.get(key);
    const isUsable =
      earlier !== undefined && (earlier.value === null || isGood(earlier.value.value));
    return await (isUsable ? earlier : begin(key, given)).promise;
  };
}
