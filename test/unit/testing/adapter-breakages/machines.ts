import { notFound } from "./breakage.ts";
import type { Breakage } from "./breakage.ts";

/** Ways to break `describe`, `terminate` and `list`. */
export const machineBreakages: readonly Breakage[] = [
  [
    "loses all for one unknown id",
    "describe: gives one answer an id in their order, and one unknown id keeps",
    (good) => ({
      describe: async (ids, signal) => {
        const found = await good.describe(ids, signal);
        if (found.includes(null)) throw notFound;
        return found;
      },
    }),
  ],
  [
    "leaves unknown ids out",
    "describe: gives one answer an id in their order, and one unknown id keeps",
    (good) => ({
      describe: async (ids, signal) =>
        (await good.describe(ids, signal)).filter((machine) => machine !== null),
    }),
  ],
  [
    "refuses an empty request",
    "describe: answers nothing to nothing",
    (good) => ({
      describe: async (ids, signal) => {
        if (ids.length === 0) throw notFound;
        return good.describe(ids, signal);
      },
    }),
  ],
  [
    "describes a machine otherwise than its launch did",
    "describe: says of a machine what its launch said",
    (good) => ({
      describe: async (ids, signal) =>
        (await good.describe(ids, signal)).map((machine) =>
          machine === null || machine === "unknown" ? machine : { ...machine, place: "elsewhere" },
        ),
    }),
  ],
  [
    "forgets to terminate",
    "describe: answers null for a machine that is gone",
    () => ({
      terminate: (ids) => Promise.resolve(ids.map((id) => ({ id, outcome: "terminated" }))),
    }),
  ],
  [
    "fails where the machine is already gone",
    "terminate: succeeds, and succeeds again",
    (good) => ({
      terminate: async (ids, signal) => {
        const found = await good.describe(ids, signal);
        const done = await good.terminate(ids, signal);
        return done.map((one, index) =>
          found[index] === null ? { id: one.id, outcome: "failed", error: notFound } : one,
        );
      },
    }),
  ],
  [
    "terminates in another order",
    "terminate: gives one answer an id in their order",
    (good) => ({
      terminate: async (ids, signal) => (await good.terminate(ids, signal)).toReversed(),
    }),
  ],
  [
    "terminates everything",
    "terminate: leaves other machines alone",
    (good, subject) => ({
      terminate: async (ids, signal) => {
        const all = await good.list(subject.owner, signal);
        await good.terminate(
          all.map(({ id }) => id),
          signal,
        );
        return good.terminate(ids, signal);
      },
    }),
  ],
  [
    "refuses to terminate nothing",
    "terminate: answers nothing to nothing",
    (good) => ({
      terminate: async (ids, signal) => {
        if (ids.length === 0) throw notFound;
        return good.terminate(ids, signal);
      },
    }),
  ],
  [
    "lists what others own",
    "list: finds every machine of the owner and no other's",
    (good, subject) => ({ list: (_owner, signal) => good.list(subject.owner, signal) }),
  ],
  [
    "lists the first page only",
    "list: finds every machine of the owner and no other's",
    (good) => ({
      list: async (owner, signal) => (await good.list(owner, signal)).slice(0, 1),
    }),
  ],
  [
    "lists everything for an unknown owner",
    "list: finds nothing of an owner who launched nothing",
    (good, subject) => ({ list: (_owner, signal) => good.list(subject.owner, signal) }),
  ],
  [
    "lists a machine otherwise than its launch did",
    "list: says of a machine what describe says",
    (good) => ({
      list: async (owner, signal) =>
        (await good.list(owner, signal)).map((machine) => ({ ...machine, architecture: null })),
    }),
  ],
];
