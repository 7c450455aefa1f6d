/** How many requests a rule affects. */
export interface FaultCount {
  /** Matching requests that pass before the rule takes effect. Default 0. */
  readonly skip?: number | undefined;
  /** Matching requests that are affected after those. Default: all. */
  readonly times?: number | undefined;
}

/** Handle of an active rule, for the test that added it. */
export interface FaultHandle {
  /** Number of requests affected so far. */
  readonly hits: number;
  /** Resolves at the first hit. */
  readonly reached: Promise<void>;
  /** Lets stalled or slow answers continue, and later ones pass without delay. */
  release(): void;
  /** Deactivates the rule. */
  remove(): void;
}

/** An active rule, as the server sees it. */
export interface ActiveFault<Rule> {
  readonly rule: Rule;
  readonly released: Promise<void>;
  readonly handle: FaultHandle;
  /** Counts a matching request; true if the rule affects it. */
  strike(): boolean;
}

/** Activates a rule. The first rule of the list that matches and is not exhausted wins. */
export function addFault<Rule extends FaultCount>(
  active: ActiveFault<Rule>[],
  rule: Rule,
): FaultHandle {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let matched = 0;
  let hits = 0;
  const fault: ActiveFault<Rule> = {
    rule,
    released: released.promise,
    handle: {
      get hits() {
        return hits;
      },
      reached: reached.promise,
      release: () => released.resolve(),
      remove() {
        const index = active.indexOf(fault);
        if (index >= 0) active.splice(index, 1);
      },
    },
    strike() {
      matched += 1;
      const ordinal = matched - (rule.skip ?? 0);
      if (ordinal < 1 || ordinal > (rule.times ?? Infinity)) return false;
      hits += 1;
      reached.resolve();
      return true;
    },
  };
  active.push(fault);
  return fault.handle;
}
