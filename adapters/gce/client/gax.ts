import gax from "google-gax";
import { once } from "../../../src/async/memoize.ts";
import { DESCRIPTION } from "./description.ts";

/** The `google-gax` that a client is created with. */
export type Gax = typeof gax;

/**
 * `google-gax` with another description of Compute Engine than the one that Google's clients hand to it. Theirs has the
 * 4,600 types of three versions of the API in 11 MB. google-gax would create objects for all of them when the first
 * client is created, which takes 1 s and 70 MB, and again for each error reply with details. The calls of this adapter
 * need 141 types. `scripts/describe-compute.ts` copies these from the package into `description.ts`, a test compares the
 * copy with the package, and the bundled command line does not contain the rest.
 */
export const computeGax = once((): Gax => {
  const { fallback } = gax;
  const root = fallback.protobuf.Root.fromJSON(JSON.parse(DESCRIPTION));
  class ComputeGrpcClient extends fallback.GrpcClient {
    override loadProtoJSON() {
      return root;
    }
  }
  class ComputeRoot extends fallback.protobuf.Root {
    static override fromJSON() {
      return root;
    }
  }
  const protobuf = { ...fallback.protobuf, Root: ComputeRoot };
  return { ...gax, fallback: { ...fallback, GrpcClient: ComputeGrpcClient, protobuf } };
});
