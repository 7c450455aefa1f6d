/** How often a rule strikes. */
export interface FaultCount {
  /** Matching requests that it lets pass first. Default 0. */
  readonly skip?: number | undefined;
  /** Matching requests that it then strikes. Default: all. */
  readonly times?: number | undefined;
}

/** A rule that was put to work, as the test that did so holds it. */
export interface FaultHandle {
  /** How many requests were struck so far. */
  readonly hits: number;
  /** Fulfilled by the first hit. */
  readonly reached: Promise<void>;
  /** Lets stalled or slow answers go on, and later ones pass without a stop. */
  release(): void;
  /** No further request is struck. */
  remove(): void;
}

/** A rule at work, as the server sees it. */
export interface ActiveFault<Rule> {
  readonly rule: Rule;
  readonly released: Promise<void>;
  readonly handle: FaultHandle;
  /** Counts a matching request; true where it is struck. */
  strike(): boolean;
}

/** Puts a rule to work in the list; the first rule of the list that matches and strikes wins. */
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
