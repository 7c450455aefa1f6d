import { createHash } from "node:crypto";
import { isSlipwayError } from "../../src/errors.ts";
import type { SlipwayError } from "../../src/errors.ts";
import { credentialSecrets } from "../../src/oci/credential.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type {
  Launch,
  LaunchOutcome,
  LaunchSecrets,
  Machine,
  MachineStatus,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";
import { knownMachine } from "../../src/substrate/contract.ts";
import type { AdapterSubject } from "./subject.ts";
import { NO_INPUT } from "../../src/substrate/contract.ts";

/** A signal that is never aborted. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

export interface LaunchSettings {
  /** Distinguishes the launches of a subject: launches with the same name have the same token. */
  readonly name: string;
  /** Members; default 1. */
  readonly count?: number;
  /** Default: the subject's. */
  readonly owner?: string;
}

export function launchOf(subject: AdapterSubject, settings: LaunchSettings): Launch {
  const { name, count = 1, owner = subject.owner } = settings;
  const { plan } = subject;
  const token = createHash("sha256")
    .update(JSON.stringify([owner, name]))
    .digest("hex");
  return {
    token,
    plan,
    place: firstEligible(subject),
    ownership: {
      owner,
      tenant: plan.tenant,
      workspace: plan.workspace,
      planId: plan.planId,
      launchId: token.slice(0, 32),
    },
    members: Array.from({ length: count }, (_, index) => ({
      spawnId: `${name}-${index}`,
      ...NO_INPUT,
      bootDocument: JSON.stringify({ version: 1, spawn_id: `${name}-${index}` }),
    })),
    userData: "#cloud-config\n{}\n",
    secrets: secretsOf(subject),
  };
}

function secretsOf(subject: AdapterSubject): LaunchSecrets {
  return subject.secrets ?? { credential: null, environment: {}, files: [] };
}

/** All secret values in the subject's launch. */
export function secretValues(subject: AdapterSubject): readonly string[] {
  const { credential, environment, files } = secretsOf(subject);
  const pull = credentialSecrets(credential).slice(0, 1);
  const all = [...pull, ...Object.values(environment), ...files.map(({ value }) => value)];
  return all.map((secret) => secret.reveal());
}

function firstEligible({ plan }: AdapterSubject): Candidate {
  const place = plan.candidates.find(({ verdict }) => verdict === "eligible");
  if (place === undefined) throw new Error("the subject's plan has no eligible candidate");
  return place;
}

/** Launches, and returns the machines of all members. @throws Error if a member was not accepted. */
export async function launchMachines(
  subject: AdapterSubject,
  settings: LaunchSettings,
  adapter: SubstrateAdapter = subject.adapter,
): Promise<readonly Machine[]> {
  return machinesOf(await adapter.launch(launchOf(subject, settings), neverAborted()));
}

export async function launchMachine(
  subject: AdapterSubject,
  settings: LaunchSettings,
): Promise<Machine> {
  const [machine] = await launchMachines(subject, settings);
  if (machine === undefined) throw new Error("a launch of one member returned no outcome");
  return machine;
}

export function machinesOf(outcomes: readonly LaunchOutcome[]): readonly Machine[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine;
    throw new Error(`the launch should be accepted, but its outcome is ${one.outcome}`, {
      cause: one.error,
    });
  });
}

/** Machine ids; null for a machine that is gone or unknown. */
export function machineIds(sightings: readonly MachineStatus[]): readonly (string | null)[] {
  return sightings.map((sighting) => knownMachine(sighting)?.id ?? null);
}

/** The error that an operation throws. @throws Error if it throws nothing, or something other than a SlipwayError. */
export async function failureOf(attempt: () => Promise<unknown>): Promise<SlipwayError> {
  try {
    await attempt();
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw new Error("the thrown value is not a SlipwayError", { cause: caught });
  }
  throw new Error("nothing was thrown");
}

/** Reads to the end, or until the text has appeared; then the rest is left unread. */
export async function readText(pieces: AsyncIterable<Uint8Array>, until?: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true });
    if (until !== undefined && text.includes(until)) break;
  }
  return text;
}
