import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import type {
  ImageSource,
  ImageTarget,
  LaunchSecrets,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";

/** One adapter with a substrate behind it, fresh for one test. Disposing of it removes what the test launched. */
export interface AdapterSubject extends AsyncDisposable {
  readonly adapter: SubstrateAdapter;
  /** Another adapter of the same target, as another process would open it. The contract closes it. */
  readonly open: () => Promise<SubstrateAdapter>;
  /** An owner that nobody else uses: what is launched carries it, and tokens are made from it. */
  readonly owner: string;
  /** An image that is there, whose machines stay up until they are terminated. */
  readonly image: ImageSource;
  /** The same kind of source for an image that is not there. */
  readonly absentImage: ImageSource;
  readonly imageTarget: ImageTarget;
  /** A plan of that image that can be launched at once: pinned, judged, with an eligible candidate. */
  readonly plan: LaunchPlan;
  /** What the adapter's `inspectImage` learnt for that plan. */
  readonly facts: JsonObject;
  /** What the launch needs beside it. Empty for most. */
  readonly secrets?: LaunchSecrets;
  /** An id in the provider's spelling of a machine that never was. */
  readonly unknownId: string;
  /** Lines that every machine of the image prints at once when it starts, each ended by a newline. */
  readonly prints: readonly [string, string, ...string[]];
}

/** The little that the suite needs of a test runner: vitest's own functions fit, so do those of others. */
export interface ContractRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => ContractExpectation;
}

/** What is expected of a value, by the names of Jest and vitest. */
export interface ContractExpectation {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toMatchObject(expected: object): unknown;
  toContain(expected: unknown): unknown;
  readonly not: { toBe(expected: unknown): unknown; toContain(expected: unknown): unknown };
}

/** A group of the contract's tests: each takes a fresh subject. */
export interface Duties {
  readonly test: (name: string, body: (subject: AdapterSubject) => Promise<void>) => void;
  readonly expect: ContractRunner["expect"];
}
