import { createHash } from "node:crypto";
import type { Launch, SubstrateAdapter } from "../../../../src/substrate/contract.ts";
import type { Breakage } from "./breakage.ts";

let salts = 0;

/** A number that was not returned before. */
function freshSalt(): number {
  salts += 1;
  return salts;
}

/** The launch with another token. */
function salted(launch: Launch, salt: number): Launch {
  return { ...launch, token: createHash("sha256").update(`${launch.token} ${salt}`).digest("hex") };
}

/** Ways to break `launch`. */
export const launchBreakages: readonly Breakage[] = [
  [
    "creates a new machine for each replay",
    "launch: finds the same machine when its token is replayed",
    (good) => ({ launch: (launch, signal) => good.launch(salted(launch, freshSalt()), signal) }),
  ],
  [
    "creates two machines for two concurrent launches",
    "launch: creates one machine when one token is launched twice concurrently",
    (good) => ({ launch: (launch, signal) => good.launch(salted(launch, freshSalt()), signal) }),
  ],
  [
    "keeps its tokens in process memory only",
    "launch: finds the machine of a token from another process",
    (good) => {
      const process = freshSalt();
      return { launch: (launch, signal) => good.launch(salted(launch, process), signal) };
    },
  ],
  [
    "treats all tokens as the same",
    "launch: creates another machine for another token",
    (good) => {
      let first: ReturnType<SubstrateAdapter["launch"]> | null = null;
      return { launch: (launch, signal) => (first ??= good.launch(launch, signal)) };
    },
  ],
  [
    "does not report the owner",
    "launch: launches a machine that reports its image and its owner",
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
    "reports another plan",
    "launch: launches a machine that reports its image and its owner",
    (good) => ({
      launch: async (launch, signal) => {
        const ownership = { ...launch.ownership, planId: `sha256:${"0".repeat(64)}` };
        return good.launch({ ...launch, ownership }, signal);
      },
    }),
  ],
  [
    "returns the members of a batch out of order",
    "launch: returns one outcome per member in order",
    (good) => ({
      launch: async (launch, signal) => (await good.launch(launch, signal)).toReversed(),
    }),
  ],
  [
    "exposes a secret",
    "launch: returns no secret in its outcomes",
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
