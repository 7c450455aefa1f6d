import { createHash } from "node:crypto";
import { isSlipwayError } from "../../src/errors.ts";
import type { SlipwayError } from "../../src/errors.ts";
import type { Candidate } from "../../src/plan/plan.ts";
import type {
  Launch,
  LaunchOutcome,
  LaunchSecrets,
  Machine,
  Sighting,
  SubstrateAdapter,
} from "../../src/substrate/contract.ts";
import { machineSeen } from "../../src/substrate/contract.ts";
import type { AdapterSubject } from "./subject.ts";

/** A signal that nobody aborts. */
export function quiet(): AbortSignal {
  return new AbortController().signal;
}

export interface LaunchSettings {
  /** Tells one launch of a subject from another: the same name has the same token. */
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
      bootDocument: JSON.stringify({ version: 1, spawn_id: `${name}-${index}` }),
    })),
    secrets: secretsOf(subject),
  };
}

function secretsOf(subject: AdapterSubject): LaunchSecrets {
  return subject.secrets ?? { credential: null, environment: {}, files: [] };
}

/** Every secret value that the subject's launch carries. */
export function secretValues(subject: AdapterSubject): readonly string[] {
  const { credential, environment, files } = secretsOf(subject);
  const password =
    credential === null
      ? []
      : [credential.kind === "password" ? credential.password : credential.identityToken];
  const all = [...password, ...Object.values(environment), ...files.map(({ value }) => value)];
  return all.map((secret) => secret.reveal());
}

function firstEligible({ plan }: AdapterSubject): Candidate {
  const place = plan.candidates.find(({ verdict }) => verdict === "eligible");
  if (place === undefined) throw new Error("the subject's plan has no eligible candidate");
  return place;
}

/** Launches, and gives the machines of all members. @throws Error when one was not accepted. */
export async function launched(
  subject: AdapterSubject,
  settings: LaunchSettings,
  adapter: SubstrateAdapter = subject.adapter,
): Promise<readonly Machine[]> {
  return machinesOf(await adapter.launch(launchOf(subject, settings), quiet()));
}

export async function launchedOne(
  subject: AdapterSubject,
  settings: LaunchSettings,
): Promise<Machine> {
  const [machine] = await launched(subject, settings);
  if (machine === undefined) throw new Error("a launch of one gave no outcome");
  return machine;
}

export function machinesOf(outcomes: readonly LaunchOutcome[]): readonly Machine[] {
  return outcomes.map((one) => {
    if (one.outcome === "accepted") return one.machine;
    throw new Error(`a launch that should be accepted is ${one.outcome}`, { cause: one.error });
  });
}

/** The ids of the machines seen; null for one that is gone or not known. */
export function ids(sightings: readonly Sighting[]): readonly (string | null)[] {
  return sightings.map((sighting) => machineSeen(sighting)?.id ?? null);
}

/** The error that a verb throws. @throws Error when it threw none, or one that is not ours. */
export async function failureOf(attempt: () => Promise<unknown>): Promise<SlipwayError> {
  try {
    await attempt();
  } catch (caught) {
    if (isSlipwayError(caught)) return caught;
    throw new Error("what was thrown is no SlipwayError", { cause: caught });
  }
  throw new Error("nothing was thrown");
}

/** Reads to the end, or until the text has been seen: the rest is then left unread. */
export async function readText(pieces: AsyncIterable<Uint8Array>, until?: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of pieces) {
    text += decoder.decode(piece, { stream: true });
    if (until !== undefined && text.includes(until)) break;
  }
  return text;
}
