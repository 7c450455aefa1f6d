import { FAKE_ARTIFACT, FAKE_IMAGE } from "../../../support/launch.ts";
import { notFound, unasked } from "./breakage.ts";
import type { Breakage } from "./breakage.ts";

/** Ways to break `inspectImage` and `preflight`. */
export const readingBreakages: readonly Breakage[] = [
  [
    "throws for an absent image",
    "inspectImage: answers an absent image with a value",
    (good) => ({
      inspectImage: async (image, target, signal) => {
        const found = await good.inspectImage(image, target, signal);
        if (found.artifact === null) throw notFound;
        return found;
      },
    }),
  ],
  [
    "gives an absent image without a check",
    "inspectImage: answers an absent image with a value",
    (good) => ({
      inspectImage: async (image, target, signal) => ({
        ...(await good.inspectImage(image, target, signal)),
        checks: [],
      }),
    }),
  ],
  [
    "leaves an artifact unpinned",
    "inspectImage: turns a reference into a pinned artifact",
    (good) => ({
      inspectImage: async (image, target, signal) => ({
        ...(await good.inspectImage(image, target, signal)),
        artifact: { id: FAKE_ARTIFACT, requested: FAKE_IMAGE, pinned: false },
      }),
    }),
  ],
  [
    "launches while it inspects",
    "inspectImage: is read-only",
    (good, subject) => ({
      inspectImage: async (image, target, signal) => {
        await good.launch(unasked(subject), signal);
        return good.inspectImage(image, target, signal);
      },
    }),
  ],
  [
    "drops a plan's candidates",
    "preflight: judges each of the plan's candidates",
    (good) => ({
      preflight: async (draft, facts, signal) => ({
        ...(await good.preflight(draft, facts, signal)),
        candidates: [],
      }),
    }),
  ],
  [
    "fails a good plan",
    "preflight: passes a plan that can be launched",
    (good) => ({
      preflight: async (draft, facts, signal) => ({
        ...(await good.preflight(draft, facts, signal)),
        checks: [{ name: "x", outcome: "failed", message: "no" }],
      }),
    }),
  ],
  [
    "launches while it judges",
    "preflight: is read-only",
    (good, subject) => ({
      preflight: async (draft, facts, signal) => {
        await good.launch(unasked(subject), signal);
        return good.preflight(draft, facts, signal);
      },
    }),
  ],
];
