import type { Clock } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { ErrorCode, ErrorReason, SlipwayError } from "../errors.ts";
import type { Check, Substrate } from "../plan/plan.ts";
import type { SecretValue } from "../secret-value.ts";
import type { ImageSource, Launch, LaunchOutcome, SubstrateAdapter } from "./contract.ts";
import { createRedactor, credentialValues, launchSecretValues } from "./redaction.ts";
import type { Redactor } from "./redaction.ts";

/** The verbs of the contract that ask something of a provider. */
export type AdapterVerb = Exclude<keyof SubstrateAdapter, "substrate" | "capabilities" | "close">;

/** One call that has ended. */
export interface AdapterCall {
  readonly substrate: Substrate;
  readonly verb: AdapterVerb;
  /** How long it took; for `logs`, until the reader had the last piece or went away. */
  readonly milliseconds: number;
  /** `OK`, or the code of what was thrown, or of the first member that was not accepted or not terminated. */
  readonly outcome: "OK" | ErrorCode;
  readonly reason: ErrorReason | null;
}

export interface InstrumentOptions {
  readonly clock: Pick<Clock, "now">;
  /** Told of each call when it has ended. What it throws is an uncaught exception and not the call's failure. */
  readonly onCall: (call: AdapterCall) => void;
}

/**
 * The adapter, with its calls timed and told, and with two promises kept for it: nothing but a `SlipwayError` leaves
 * a verb, and no secret that went in with a call comes out in its errors, checks or progress.
 */
export function instrument(
  adapter: SubstrateAdapter,
  options: InstrumentOptions,
): SubstrateAdapter {
  const observe = observer(adapter, options);
  return {
    substrate: adapter.substrate,
    capabilities: adapter.capabilities,
    inspectImage(image, target, signal) {
      const redactor = createRedactor(() => imageSecrets(image));
      return observe({ verb: "inspectImage", redactor }, async () => {
        const found = await adapter.inspectImage(image, target, signal);
        return { ...found, checks: found.checks.map((check) => redactCheck(check, redactor)) };
      });
    },
    preflight: (draft, facts, signal) =>
      observe({ verb: "preflight" }, () => adapter.preflight(draft, facts, signal)),
    launch(launch, signal) {
      const redactor = createRedactor(() => launchSecretValues(launch.secrets));
      return observe({ verb: "launch", redactor, errors: errorsOf }, async () => {
        const outcomes = await adapter.launch(withRedactedProgress(launch, redactor), signal);
        return outcomes.map((outcome) => redactOutcome(outcome, redactor));
      });
    },
    describe: (ids, signal) => observe({ verb: "describe" }, () => adapter.describe(ids, signal)),
    terminate: (ids, signal) =>
      observe({ verb: "terminate", errors: errorsOf }, () => adapter.terminate(ids, signal)),
    list: (owner, signal) => observe({ verb: "list" }, () => adapter.list(owner, signal)),
    logs: (id, request, signal) =>
      observeLogs(() => adapter.logs(id, request, signal), adapter, options),
    async close() {
      try {
        await adapter.close();
      } catch (caught) {
        throw asSlipwayError(caught);
      }
    },
  };
}

interface Observation<T> {
  readonly verb: AdapterVerb;
  /** Where secrets go in with the call. */
  readonly redactor?: Redactor;
  /** The failures that an answer holds, where a verb answers for each member. */
  readonly errors?: (answer: T) => readonly SlipwayError[];
}

function observer(adapter: SubstrateAdapter, options: InstrumentOptions) {
  return async <T>(observation: Observation<T>, call: () => Promise<T>): Promise<T> => {
    const { verb, redactor, errors } = observation;
    const end = beginCall(verb, adapter, options);
    try {
      const answer = await call();
      end(errors?.(answer)[0] ?? null);
      return answer;
    } catch (caught) {
      const error = asSlipwayError(caught);
      const told = redactor?.error(error) ?? error;
      end(told);
      throw told;
    }
  };
}

async function* observeLogs(
  open: () => AsyncIterable<Uint8Array>,
  adapter: SubstrateAdapter,
  options: InstrumentOptions,
): AsyncGenerator<Uint8Array> {
  const end = beginCall("logs", adapter, options);
  let failure: SlipwayError | null = null;
  try {
    yield* open();
  } catch (caught) {
    failure = asSlipwayError(caught);
    throw failure;
  } finally {
    end(failure);
  }
}

/** Starts the watch; what comes back stops it and tells. */
function beginCall(verb: AdapterVerb, { substrate }: SubstrateAdapter, options: InstrumentOptions) {
  const { clock, onCall } = options;
  const began = clock.now();
  return (error: SlipwayError | null): void => {
    const milliseconds = clock.now() - began;
    const outcome = error?.code ?? "OK";
    const reason = error?.reason ?? null;
    // A listener that fails must not turn an accepted launch into a failed one; nor is its failure hidden.
    queueMicrotask(() => onCall({ substrate, verb, milliseconds, outcome, reason }));
  };
}

function errorsOf(
  answers: readonly { readonly outcome: string; readonly error?: SlipwayError }[],
): readonly SlipwayError[] {
  return answers.flatMap(({ error }) => (error === undefined ? [] : [error]));
}

function redactOutcome(outcome: LaunchOutcome, redactor: Redactor): LaunchOutcome {
  if (outcome.outcome === "accepted") return outcome;
  return { ...outcome, error: redactor.error(outcome.error) };
}

function redactCheck(check: Check, redactor: Redactor): Check {
  return {
    ...check,
    message: redactor.text(check.message),
    ...(check.remedy === undefined ? {} : { remedy: redactor.text(check.remedy) }),
    ...(check.metadata === undefined ? {} : { metadata: redactor.object(check.metadata) }),
  };
}

function withRedactedProgress(launch: Launch, redactor: Redactor): Launch {
  const { onProgress } = launch;
  if (onProgress === undefined) return launch;
  return {
    ...launch,
    onProgress: (progress) => onProgress({ ...progress, message: redactor.text(progress.message) }),
  };
}

function imageSecrets(image: ImageSource): readonly SecretValue[] {
  return image.substrate === "DOCKER" ? credentialValues(image.credential) : [];
}
