import { notFound } from "./breakage.ts";
import type { Breakage } from "./breakage.ts";

/** Ways to break `describe`, `terminate` and `list`. */
export const machineBreakages: readonly Breakage[] = [
  [
    "fails for all ids if one is unknown",
    "describe: returns one answer per id in order",
    (good) => ({
      describe: async (ids, signal) => {
        const found = await good.describe(ids, signal);
        if (found.includes(null)) throw notFound;
        return found;
      },
    }),
  ],
  [
    "omits unknown ids",
    "describe: returns one answer per id in order",
    (good) => ({
      describe: async (ids, signal) =>
        (await good.describe(ids, signal)).filter((machine) => machine !== null),
    }),
  ],
  [
    "rejects an empty request",
    "describe: returns an empty list for no ids",
    (good) => ({
      describe: async (ids, signal) => {
        if (ids.length === 0) throw notFound;
        return good.describe(ids, signal);
      },
    }),
  ],
  [
    "describes a machine differently from its launch",
    "describe: reports the stable fields of a machine as its launch reported them",
    (good) => ({
      describe: async (ids, signal) =>
        (await good.describe(ids, signal)).map((machine) =>
          machine === null || machine === "unknown" ? machine : { ...machine, place: "elsewhere" },
        ),
    }),
  ],
  [
    "does not terminate",
    "describe: returns null for a terminated machine",
    () => ({
      terminate: (ids) => Promise.resolve(ids.map((id) => ({ id, outcome: "terminated" }))),
    }),
  ],
  [
    "fails for a terminated machine",
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
    "returns the outcomes in another order",
    "terminate: returns one answer per id in order",
    (good) => ({
      terminate: async (ids, signal) => (await good.terminate(ids, signal)).toReversed(),
    }),
  ],
  [
    "terminates everything",
    "terminate: does not touch other machines",
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
    "rejects an empty termination",
    "terminate: returns an empty list for no ids",
    (good) => ({
      terminate: async (ids, signal) => {
        if (ids.length === 0) throw notFound;
        return good.terminate(ids, signal);
      },
    }),
  ],
  [
    "lists machines of other owners",
    "list: lists all machines of the owner and no others",
    (good, subject) => ({ list: (_owner, signal) => good.list(subject.owner, signal) }),
  ],
  [
    "returns the first page only",
    "list: lists all machines of the owner and no others",
    (good) => ({
      list: async (owner, signal) => (await good.list(owner, signal)).slice(0, 1),
    }),
  ],
  [
    "lists everything for an unknown owner",
    "list: returns an empty list for an owner without machines",
    (good, subject) => ({ list: (_owner, signal) => good.list(subject.owner, signal) }),
  ],
  [
    "lists a machine differently from its launch",
    "list: reports the same stable fields as describe",
    (good) => ({
      list: async (owner, signal) =>
        (await good.list(owner, signal)).map((machine) => ({ ...machine, architecture: null })),
    }),
  ],
];
