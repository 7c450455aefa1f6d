import { FAKE_ARTIFACT, FAKE_IMAGE } from "../../../support/launch.ts";
import { notFound, unrequestedLaunch } from "./breakage.ts";
import type { Breakage } from "./breakage.ts";

/** Ways to break `inspectImage` and `preflight`. */
export const readingBreakages: readonly Breakage[] = [
  [
    "throws for an absent image",
    "inspectImage: returns a failed check with a reason for an absent image",
    (good) => ({
      inspectImage: async (image, target, signal) => {
        const found = await good.inspectImage(image, target, signal);
        if (found.artifact === null) throw notFound;
        return found;
      },
    }),
  ],
  [
    "returns an absent image without a check",
    "inspectImage: returns a failed check with a reason for an absent image",
    (good) => ({
      inspectImage: async (image, target, signal) => ({
        ...(await good.inspectImage(image, target, signal)),
        checks: [],
      }),
    }),
  ],
  [
    "leaves an artifact unpinned",
    "inspectImage: resolves a reference to a pinned artifact",
    (good) => ({
      inspectImage: async (image, target, signal) => ({
        ...(await good.inspectImage(image, target, signal)),
        artifact: { id: FAKE_ARTIFACT, requested: FAKE_IMAGE, pinned: false },
      }),
    }),
  ],
  [
    "launches during inspection",
    "inspectImage: is read-only",
    (good, subject) => ({
      inspectImage: async (image, target, signal) => {
        await good.launch(unrequestedLaunch(subject), signal);
        return good.inspectImage(image, target, signal);
      },
    }),
  ],
  [
    "drops candidates of the plan",
    "preflight: returns a verdict for each candidate of the plan",
    (good) => ({
      preflight: async (draft, facts, signal) => ({
        ...(await good.preflight(draft, facts, signal)),
        candidates: [],
      }),
    }),
  ],
  [
    "fails a launchable plan",
    "preflight: passes a launchable plan",
    (good) => ({
      preflight: async (draft, facts, signal) => ({
        ...(await good.preflight(draft, facts, signal)),
        checks: [{ name: "x", outcome: "failed", message: "no" }],
      }),
    }),
  ],
  [
    "launches during preflight",
    "preflight: is read-only",
    (good, subject) => ({
      preflight: async (draft, facts, signal) => {
        await good.launch(unrequestedLaunch(subject), signal);
        return good.preflight(draft, facts, signal);
      },
    }),
  ],
];
