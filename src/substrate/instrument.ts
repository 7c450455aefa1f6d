import { once } from "../async/memoize.ts";
import type { Clock } from "../host/clock.ts";
import { asSlipwayError } from "../errors.ts";
import type { ErrorCode, ErrorReason, SlipwayError } from "../errors.ts";
import type { Check, Substrate } from "../plan/plan.ts";
import type { SecretValue } from "../secret-value.ts";
import { credentialSecrets } from "../oci/credential.ts";
import { createRedactor } from "../redaction/redactor.ts";
import type { Redactor } from "../redaction/redactor.ts";
import type {
  ImageSource,
  Launch,
  LaunchOutcome,
  LeftoverVerbs,
  Machine,
  MachineAccess,
  MachineStatus,
  SubstrateAdapter,
  TerminateOutcome,
} from "./contract.ts";
import { launchSecretValues } from "./launch-secrets.ts";

/** The verbs of the contract that send requests to a provider. */
export type AdapterVerb =
  | Exclude<
      keyof SubstrateAdapter,
      "substrate" | "capabilities" | "secrets" | "close" | "leftovers" | "access"
    >
  | "exec"
  | "listLeftovers"
  | "removeLeftovers";

/** A completed call. */
export interface AdapterCall {
  readonly substrate: Substrate;
  readonly verb: AdapterVerb;
  /** Duration; for `logs`, until the reader received the last piece or stopped reading; for `exec`, of the command. */
  readonly milliseconds: number;
  /** `OK`, the code of the thrown error, or the code of the first member that was not accepted or not terminated. */
  readonly outcome: "OK" | ErrorCode;
  readonly reason: ErrorReason | null;
}

export interface InstrumentOptions {
  readonly clock: Pick<Clock, "now">;
  /** Called after each call. An error that it throws becomes an uncaught exception and does not fail the call. */
  readonly onCall: (call: AdapterCall) => void;
  /**
   * Secrets that the provider may know from other calls, including those of other processes: an engine knows the
   * secrets of all its containers. Called only after a failure; must not reject. Default: none.
   */
  readonly knownSecrets?: () => Promise<readonly SecretValue[]>;
}

/**
 * Wraps an adapter: times and reports its calls, and enforces two rules. A verb throws nothing but a `SlipwayError`.
 * The provider's messages (in errors, checks, verdicts, progress and machine ends) contain no secret: not the
 * adapter's own, not those of the call, and not those that the provider may know from other calls.
 */
export function instrument(
  adapter: SubstrateAdapter,
  options: InstrumentOptions,
): SubstrateAdapter {
  const observe = observer(adapter, options);
  return {
    substrate: adapter.substrate,
    capabilities: adapter.capabilities,
    secrets: () => adapter.secrets(),
    inspectImage: (image, target, signal) =>
      observe({
        verb: "inspectImage",
        secrets: () => imageSecrets(image),
        call: () => adapter.inspectImage(image, target, signal),
        isTrouble: ({ checks }) => checks.some(isTroubled),
        redact: (found, redactor) => ({ ...found, checks: redactor.data(found.checks) }),
      }),
    preflight: (draft, facts, signal) =>
      observe({
        verb: "preflight",
        call: () => adapter.preflight(draft, facts, signal),
        isTrouble: ({ checks }) => checks.some(isTroubled),
        redact: (report, redactor) => ({
          ...report,
          checks: redactor.data(report.checks),
          candidates: redactor.data(report.candidates),
        }),
      }),
    launch: (launch, signal) =>
      observe({
        verb: "launch",
        secrets: () => launchSecretValues(launch.secrets),
        call: (redactor) => adapter.launch(withRedactedProgress(launch, redactor), signal),
        errors: errorsOf,
        isTrouble: (outcomes) => outcomes.some(({ outcome }) => outcome !== "accepted"),
        redact: (outcomes, redactor) => outcomes.map((outcome) => redactOutcome(outcome, redactor)),
      }),
    describe: (ids, signal) =>
      observe({
        verb: "describe",
        call: () => adapter.describe(ids, signal),
        isTrouble: (sightings) => sightings.some((status) => endOf(status) !== null),
        redact: (sightings, redactor) =>
          sightings.map((status) => redactMachineStatus(status, redactor)),
      }),
    terminate: (ids, signal) =>
      observe({
        verb: "terminate",
        call: () => adapter.terminate(ids, signal),
        errors: errorsOf,
        isTrouble: (outcomes) => outcomes.some(({ outcome }) => outcome === "failed"),
        redact: (outcomes, redactor) =>
          outcomes.map((outcome) => redactTermination(outcome, redactor)),
      }),
    list: (owner, signal) =>
      observe({
        verb: "list",
        call: () => adapter.list(owner, signal),
        isTrouble: (machines) => machines.some((machine) => endOf(machine) !== null),
        redact: (machines, redactor) => machines.map((machine) => redactMachine(machine, redactor)),
      }),
    ...(adapter.leftovers === undefined
      ? {}
      : { leftovers: instrumentLeftovers(adapter.leftovers, observe) }),
    ...(adapter.access === undefined ? {} : { access: instrumentAccess(adapter.access, observe) }),
    logs: (id, request, signal) =>
      observeLogs(() => adapter.logs(id, request, signal), adapter, options),
    async close() {
      try {
        await adapter.close();
      } catch (caught) {
        throw await withoutSecrets(caught, { adapter, options });
      }
    },
  };
}

function instrumentLeftovers(
  leftovers: LeftoverVerbs,
  observe: ReturnType<typeof observer>,
): LeftoverVerbs {
  return {
    list: (owner, signal) =>
      observe({
        verb: "listLeftovers",
        call: () => leftovers.list(owner, signal),
        isTrouble: () => false,
        redact: (found) => found,
      }),
    remove: (found, signal) =>
      observe({
        verb: "removeLeftovers",
        call: () => leftovers.remove(found, signal),
        errors: errorsOf,
        isTrouble: (outcomes) => outcomes.some(({ outcome }) => outcome === "failed"),
        redact: (outcomes, redactor) =>
          outcomes.map((outcome) => redactTermination(outcome, redactor)),
      }),
  };
}

function instrumentAccess(
  access: MachineAccess,
  observe: ReturnType<typeof observer>,
): MachineAccess {
  if (access.kind === "commands") return access;
  return {
    kind: "exec",
    exec: (id, request, signal) =>
      observe({
        verb: "exec",
        secrets: () => Object.values(request.env),
        call: () => access.exec(id, request, signal),
        isTrouble: () => false,
        redact: (code) => code,
      }),
    publishedHost: (address) => access.publishedHost(address),
  };
}

interface Observation<T> {
  readonly verb: AdapterVerb;
  /** The secrets passed with the call. */
  readonly secrets?: () => readonly SecretValue[];
  /** The redactor covers the secrets known before the call. */
  readonly call: (redactor: Redactor) => Promise<T>;
  /** The failures in an answer, for verbs that answer per member. */
  readonly errors?: (answer: T) => readonly SlipwayError[];
  /** True for an answer that contains a provider's failure message. */
  readonly isTrouble: (answer: T) => boolean;
  readonly redact: (answer: T, redactor: Redactor) => T;
}

function observer(adapter: SubstrateAdapter, options: InstrumentOptions) {
  return async <T>(observation: Observation<T>): Promise<T> => {
    const { verb, secrets = () => [], call, errors, isTrouble, redact } = observation;
    const end = beginCall(verb, adapter, options);
    try {
      const redactor = redactorOf(adapter, secrets);
      const answer = await call(redactor);
      const known = isTrouble(answer) ? await knownRedactor(adapter, options, secrets) : redactor;
      const clean = redact(answer, known);
      end(errors?.(clean)[0] ?? null);
      return clean;
    } catch (caught) {
      const error = await withoutSecrets(caught, { adapter, options, secrets });
      end(error);
      throw error;
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
    failure = await withoutSecrets(caught, { adapter, options });
    throw failure;
  } finally {
    end(failure);
  }
}

/** Starts timing a call. The returned function stops the timer and reports the call. */
function beginCall(verb: AdapterVerb, { substrate }: SubstrateAdapter, options: InstrumentOptions) {
  const { clock, onCall } = options;
  const began = clock.now();
  return (error: SlipwayError | null): void => {
    const milliseconds = clock.now() - began;
    const outcome = error?.code ?? "OK";
    const reason = error?.reason ?? null;
    // A listener's error must neither turn an accepted launch into a failed one nor be hidden.
    queueMicrotask(() => onCall({ substrate, verb, milliseconds, outcome, reason }));
  };
}

async function withoutSecrets(
  caught: unknown,
  call: {
    readonly adapter: SubstrateAdapter;
    readonly options: InstrumentOptions;
    readonly secrets?: () => readonly SecretValue[];
  },
): Promise<SlipwayError> {
  const error = asSlipwayError(caught);
  // A cancellation's message is the caller's own.
  if (error.code === "CANCELLED") return error;
  const { adapter, options, secrets = () => [] } = call;
  return (await knownRedactor(adapter, options, secrets)).error(error);
}

async function knownRedactor(
  adapter: SubstrateAdapter,
  { knownSecrets }: InstrumentOptions,
  secrets: () => readonly SecretValue[],
): Promise<Redactor> {
  const known = (await knownSecrets?.()) ?? [];
  return redactorOf(adapter, () => [...secrets(), ...known]);
}

/** Covers the secrets of a call and the adapter's secrets at the time of redaction. */
function redactorOf(adapter: SubstrateAdapter, secrets: () => readonly SecretValue[]): Redactor {
  const own = once(secrets);
  return createRedactor(() => [...own(), ...adapter.secrets()]);
}

function isTroubled({ outcome }: Check): boolean {
  return outcome === "failed" || outcome === "warning";
}

function endOf(status: MachineStatus): Machine["end"] {
  return status === "unknown" ? null : (status?.end ?? null);
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

function redactMachineStatus(status: MachineStatus, redactor: Redactor): MachineStatus {
  if (status === "unknown" || status === null) return status;
  return redactMachine(status, redactor);
}

/** A machine's end is the only field with a provider's message; the others are data that core compares. */
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
