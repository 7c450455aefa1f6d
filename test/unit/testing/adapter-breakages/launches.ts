import { createHash } from "node:crypto";
import type { Launch, SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import type { Breakage } from "./breakage.ts";

let salts = 0;

/** A number that was never given before. */
function freshSalt(): number {
  salts += 1;
  return salts;
}

/** The launch under another token. */
function salted(launch: Launch, salt: number): Launch {
  return { ...launch, token: createHash("sha256").update(`${launch.token} ${salt}`).digest("hex") };
}

/** Ways to break `launch`. */
export const launchBreakages: readonly Breakage[] = [
  [
    "makes a new machine for each replay",
    "launch: finds the same machine when its token is replayed",
    (good) => ({ launch: (launch, signal) => good.launch(salted(launch, freshSalt()), signal) }),
  ],
  [
    "makes two machines of two launches at once",
    "launch: makes one machine of one token launched twice at once",
    (good) => ({ launch: (launch, signal) => good.launch(salted(launch, freshSalt()), signal) }),
  ],
  [
    "forgets its tokens with its process",
    "launch: finds it from another process too",
    (good) => {
      const process = freshSalt();
      return { launch: (launch, signal) => good.launch(salted(launch, process), signal) };
    },
  ],
  [
    "takes every token for the same",
    "launch: makes another machine of another token",
    (good) => {
      let first: ReturnType<SubstrateAdapter["launch"]> | null = null;
      return { launch: (launch, signal) => (first ??= good.launch(launch, signal)) };
    },
  ],
  [
    "says nothing of the owner",
    "launch: bears a machine that says what it is and whose",
    (good) => ({
      launch: async (launch, signal) =>
        (await good.launch(launch, signal)).map((one) =>
          one.outcome === "accepted"
            ? { ...one, machine: { ...one.machine, ownership: null } }
            : one,
        ),
    }),
  ],
  [
    "says another plan",
    "launch: bears a machine that says what it is and whose",
    (good) => ({
      launch: async (launch, signal) => {
        const ownership = { ...launch.ownership, planId: `sha256:${"0".repeat(64)}` };
        return good.launch({ ...launch, ownership }, signal);
      },
    }),
  ],
  [
    "mixes up the members of a batch",
    "launch: gives one outcome a member in their order",
    (good) => ({
      launch: async (launch, signal) => (await good.launch(launch, signal)).toReversed(),
    }),
  ],
  [
    "shows a secret",
    "launch: shows no secret in what it answers",
    (good) => ({
      describe: async (ids, signal) =>
        (await good.describe(ids, signal)).map((machine) =>
          machine === null || machine === "unknown"
            ? machine
            : { ...machine, artifact: "contract-secret" },
        ),
    }),
  ],
];
