import type { JsonObject } from "../../src/errors.ts";
import type { LaunchPlan } from "../../src/plan/plan.ts";
import type {
  ImageSource,
  ImageTarget,
  LaunchSecrets,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";

/** An adapter connected to a substrate, created for each test. Disposing of it removes what the test launched. */
export interface AdapterSubject extends AsyncDisposable {
  readonly adapter: SubstrateAdapter;
  /** Opens another adapter for the same target, as another process would. The contract closes it. */
  readonly open: () => Promise<SubstrateAdapter>;
  /** A unique owner. Launched machines carry it, and launch tokens are derived from it. */
  readonly owner: string;
  /** An existing image whose machines run until they are terminated. */
  readonly image: ImageSource;
  /** The same kind of source for an image that does not exist. */
  readonly absentImage: ImageSource;
  readonly imageTarget: ImageTarget;
  /** A plan for that image that can be launched at once: pinned, checked, with an eligible candidate. */
  readonly plan: LaunchPlan;
  /** The facts that `inspectImage` returned for that plan. */
  readonly facts: JsonObject;
  /** Secrets of the launch. Most subjects have none. */
  readonly secrets?: LaunchSecrets;
  /** A well-formed machine id, in the provider's format, of a machine that never existed. */
  readonly unknownId: string;
  /** Lines that every machine of the image prints when it starts; each ends with a newline. */
  readonly prints: readonly [string, string, ...string[]];
}

/** The functions that the suite needs of a test runner. Those of vitest fit, and those of other runners. */
export interface ContractRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
  readonly expect: (actual: unknown) => ContractExpectation;
}

/** The matchers that the suite uses, named as in Jest and vitest. */
export interface ContractExpectation {
  toBe(expected: unknown): unknown;
  toEqual(expected: unknown): unknown;
  toMatchObject(expected: object): unknown;
  toContain(expected: unknown): unknown;
  readonly not: { toBe(expected: unknown): unknown; toContain(expected: unknown): unknown };
}

/** One group of the contract's tests; each test gets a fresh subject. */
export interface Duties {
  readonly test: (name: string, body: (subject: AdapterSubject) => Promise<void>) => void;
  readonly expect: ContractRunner["expect"];
}
