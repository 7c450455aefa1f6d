import type { Clock } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { ErrorCode, ErrorReason, SlipwayError } from "../errors.ts";
import type { Substrate } from "../plan/plan.ts";
import type { SecretValue } from "../secret-value.ts";
import { credentialSecrets } from "../oci/credential.ts";
import { createRedactor } from "../redaction/redactor.ts";
import type { Redactor } from "../redaction/redactor.ts";
import type {
  ImageSource,
  Launch,
  LaunchOutcome,
  Machine,
  Sighting,
  SubstrateAdapter,
  TerminateOutcome,
} from "./contract.ts";
import { launchSecretValues } from "./launch-secrets.ts";

/** The verbs of the contract that ask something of a provider. */
export type AdapterVerb = Exclude<
  keyof SubstrateAdapter,
  "substrate" | "capabilities" | "secrets" | "close"
>;

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
 * a verb; and no secret, be it the adapter's own or one that went in with the call, comes out in its provider's words:
 * errors, checks, verdicts, progress, the end of a machine.
 */
export function instrument(
  adapter: SubstrateAdapter,
  options: InstrumentOptions,
): SubstrateAdapter {
  const observe = observer(adapter, options);
  const redactor = createRedactor(() => adapter.secrets());
  return {
    substrate: adapter.substrate,
    capabilities: adapter.capabilities,
    secrets: () => adapter.secrets(),
    inspectImage(image, target, signal) {
      const own = redactorWith(adapter, imageSecrets(image));
      return observe({ verb: "inspectImage", redactor: own }, async () => {
        const found = await adapter.inspectImage(image, target, signal);
        return { ...found, checks: own.data(found.checks) };
      });
    },
    preflight: (draft, facts, signal) =>
      observe({ verb: "preflight", redactor }, async () => {
        const report = await adapter.preflight(draft, facts, signal);
        const { checks, candidates } = report;
        return { ...report, checks: redactor.data(checks), candidates: redactor.data(candidates) };
      }),
    launch(launch, signal) {
      const own = redactorWith(adapter, launchSecretValues(launch.secrets));
      return observe({ verb: "launch", redactor: own, errors: errorsOf }, async () => {
        const outcomes = await adapter.launch(withRedactedProgress(launch, own), signal);
        return outcomes.map((outcome) => redactOutcome(outcome, own));
      });
    },
    describe: (ids, signal) =>
      observe({ verb: "describe", redactor }, async () => {
        const sightings = await adapter.describe(ids, signal);
        return sightings.map((sighting) => redactSighting(sighting, redactor));
      }),
    terminate: (ids, signal) =>
      observe({ verb: "terminate", redactor, errors: errorsOf }, async () => {
        const outcomes = await adapter.terminate(ids, signal);
        return outcomes.map((outcome) => redactTermination(outcome, redactor));
      }),
    list: (owner, signal) =>
      observe({ verb: "list", redactor }, async () => {
        const machines = await adapter.list(owner, signal);
        return machines.map((machine) => redactMachine(machine, redactor));
      }),
    logs: (id, request, signal) =>
      observeLogs(() => adapter.logs(id, request, signal), { adapter, options, redactor }),
    close: () => redactor.guard(() => adapter.close()),
  };
}

/** For a call with which secrets go in. */
function redactorWith(adapter: SubstrateAdapter, secrets: readonly SecretValue[]): Redactor {
  return createRedactor(() => [...secrets, ...adapter.secrets()]);
}

interface Observation<T> {
  readonly verb: AdapterVerb;
  readonly redactor: Redactor;
  /** The failures that an answer holds, where a verb answers for each member. */
  readonly errors?: (answer: T) => readonly SlipwayError[];
}

function observer(adapter: SubstrateAdapter, options: InstrumentOptions) {
  return async <T>(observation: Observation<T>, call: () => Promise<T>): Promise<T> => {
    const { verb, redactor, errors } = observation;
    const end = beginCall(verb, adapter, options);
    try {
      const answer = await redactor.guard(call);
      end(errors?.(answer)[0] ?? null);
      return answer;
    } catch (caught) {
      const error = asSlipwayError(caught);
      end(error);
      throw error;
    }
  };
}

async function* observeLogs(
  open: () => AsyncIterable<Uint8Array>,
  observation: {
    readonly adapter: SubstrateAdapter;
    readonly options: InstrumentOptions;
    readonly redactor: Redactor;
  },
): AsyncGenerator<Uint8Array> {
  const { adapter, options, redactor } = observation;
  const end = beginCall("logs", adapter, options);
  let failure: SlipwayError | null = null;
  try {
    yield* open();
  } catch (caught) {
    failure = redactor.error(asSlipwayError(caught));
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
  if (outcome.outcome === "accepted")
    return { ...outcome, machine: redactMachine(outcome.machine, redactor) };
  return { ...outcome, error: redactor.error(outcome.error) };
}

function redactTermination(outcome: TerminateOutcome, redactor: Redactor): TerminateOutcome {
  return outcome.outcome === "failed"
    ? { ...outcome, error: redactor.error(outcome.error) }
    : outcome;
}

function redactSighting(sighting: Sighting, redactor: Redactor): Sighting {
  if (sighting === "unknown" || sighting === null) return sighting;
  return redactMachine(sighting, redactor);
}

/** Of a machine only its end is told in words; all else is data that is compared. */
function redactMachine(machine: Machine, redactor: Redactor): Machine {
  const { end } = machine;
  return end === null ? machine : { ...machine, end: redactor.data(end) };
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
  return image.substrate === "DOCKER" ? credentialSecrets(image.credential) : [];
}
