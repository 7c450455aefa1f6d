/** What `make` gives, made at the first call and kept: a command does not pay for what it does not use. */
export function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The same for what takes its time: found out once for all who ask meanwhile. A failure is nobody's answer but theirs. */
export function onceFound<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let found: Promise<Value> | null = null;
  return async () => {
    const asked = (found ??= find());
    try {
      return await asked;
    } catch (caught) {
      if (found === asked) found = null;
      throw caught;
    }
  };
}

/**
 * What `make` gives for a thing, kept while that lives, if it is frozen: what may change is looked at every time. A burst
 * of spawns shares what is made of its plan.
 */
export function onceEach<Thing extends object, Value extends {}>(
  make: (thing: Thing) => Value,
): (thing: Thing) => Value {
  const kept = new WeakMap<Thing, Value>();
  return (thing) => {
    const known = kept.get(thing);
    if (known !== undefined) return known;
    const made = make(thing);
    if (Object.isFrozen(thing)) kept.set(thing, made);
    return made;
  };
}
