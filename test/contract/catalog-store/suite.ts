/** The contract of every catalog store. */
import { describe } from "vitest";
import { describeApplications } from "./applications.ts";
import { describeBakedImages, describeDeletions } from "./deletions.ts";
import {
  describeReads,
  describeResealing,
  describeSealedValues,
  describeTenants,
} from "./reads.ts";
import type { OpenStore } from "./subject.ts";
import { describeReferences, describeWrites } from "./writes.ts";

/** @param open opens a fresh store for each test */
export function describeCatalogStore(name: string, open: OpenStore): void {
  describe(`catalog store: ${name}`, () => {
    describeWrites(open);
    describeReferences(open);
    describeApplications(open);
    describeDeletions(open);
    describeBakedImages(open);
    describeReads(open);
    describeTenants(open);
    describeSealedValues(open);
    describeResealing(open);
  });
}
