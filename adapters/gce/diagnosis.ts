import { setTimeout as delay } from "node:timers/promises";
import { cancellation, raceWithDetach } from "../../src/async/cancellation.ts";
import { UNPACED } from "../../src/pacing/rates.ts";
import type { Check, GcpTarget } from "../../src/plan/plan.ts";
import { proxyRule } from "../../src/proxy/proxy-rule.ts";
import { createRedactor } from "../../src/redaction/redactor.ts";
import { failedBy, passed } from "../../src/substrate/check.ts";
import { peerClock } from "../../src/substrate/diagnosis.ts";
import type { ConnectionDiagnosis, PeerClock } from "../../src/substrate/diagnosis.ts";
import { authorizedApi } from "./adapter.ts";
import { createAuthorization } from "./client/authorization.ts";
import type { Authorization } from "./client/authorization.ts";
import type { CredentialOptions, FoundCredentials } from "./client/credentials.ts";
import { loadCredentials } from "./client/load-sdk.ts";
import { gceAgents } from "./client/transport.ts";
import type { OnReply } from "./client/transport.ts";
import { gceError } from "./errors/errors.ts";
import { readFailure } from "./errors/failure.ts";
import { serviceAccountOf } from "./target.ts";
import type { GceIdentity, GceRole } from "./target.ts";

export interface GceDiagnosisOptions extends Pick<
  CredentialOptions,
  "environment" | "home" | "now"
> {
  /** Null: the process's own credentials, without a project. */
  readonly target: (GceIdentity & Pick<GcpTarget, "project">) | null;
}

const NAME = "gce";

/** The process's own credentials, without another account's. */
const OWN: GceIdentity = {
  wifProviderResourceName: null,
  wifServiceAccount: null,
  wifReadonlyServiceAccount: null,
};

/** Gets an access token for each account of a placement, and reads its project. Only a cancellation is thrown. */
export async function diagnoseGce(
  options: GceDiagnosisOptions,
  signal: AbortSignal,
): Promise<ConnectionDiagnosis> {
  const { target, now } = options;
  const clocks: PeerClock[] = [];
  const onReply: OnReply = ({ host, date }) => {
    const clock = peerClock(host, date, now());
    if (clock !== null) clocks.push(clock);
  };
  const accounts = rolesOf(target ?? OWN).map((role) => openAccount(options, role, onReply));
  const checks = await Promise.all(
    accounts.map((account, index) =>
      // The reader, which is the first, reads the project.
      accountCheck(account, { ...options, project: index === 0 ? target?.project : null }, signal),
    ),
  );
  const redactor = createRedactor(() =>
    accounts.flatMap(({ authorization }) => authorization.secrets()),
  );
  return { checks: redactor.data(checks), clock: clocks[0] ?? null };
}

function rolesOf(target: GceIdentity): readonly GceRole[] {
  return serviceAccountOf(target, "reader") === serviceAccountOf(target, "launcher")
    ? ["reader"]
    : ["reader", "launcher"];
}

interface Account {
  readonly authorization: Authorization;
  /** Null until the credentials have been found. */
  readonly found: () => FoundCredentials | null;
}

function openAccount(
  { target, ...options }: GceDiagnosisOptions,
  role: GceRole,
  onReply: OnReply,
): Account {
  const agents = gceAgents(proxyRule(options.environment));
  let found: FoundCredentials | null = null;
  const authorization = createAuthorization(
    { agents, now: options.now, onReply },
    async (memory) => {
      const { findCredentials } = await loadCredentials();
      const identity = { ...options, target: target ?? OWN, role };
      found = await findCredentials({ ...identity, memory, agents, onReply });
      return found.client;
    },
  );
  return { authorization, found: () => found };
}

async function accountCheck(
  { authorization, found }: Account,
  {
    environment,
    project,
  }: { readonly project: string | null | undefined } & Pick<GceDiagnosisOptions, "environment">,
  signal: AbortSignal,
): Promise<Check> {
  try {
    await raceWithDetach(authorization.getRequestHeaders(), { signal });
    if (project != null) await readProject(authorization, { environment, project }, signal);
    const { client, description } = found() ?? {};
    const quota = client?.quotaProjectId;
    const subject = project == null ? "" : `project ${project}: `;
    const billed = quota === undefined ? "no quota project" : `quota project ${quota}`;
    return passed(NAME, `${subject}${description ?? ""}, ${billed}`);
  } catch (caught) {
    if (signal.aborted) throw cancellation(signal, "asking Google for an access token");
    const doing = project == null ? "requesting an access token" : `reading project ${project}`;
    const error = gceError(readFailure(caught), {
      doing,
      ...(project == null ? {} : { notFound: { reason: "PROJECT_NOT_FOUND" } }),
    });
    return failedBy(NAME, error);
  }
}

async function readProject(
  authorization: Authorization,
  { environment, project }: Pick<GceDiagnosisOptions, "environment"> & { readonly project: string },
  signal: AbortSignal,
): Promise<void> {
  const api = authorizedApi(
    {
      environment,
      sleep: async (milliseconds, stop) => await delay(milliseconds, undefined, { signal: stop }),
      pacing: { project, pace: UNPACED, rates: {} },
    },
    { reader: authorization, launcher: authorization },
  );
  try {
    await api.project({ project }, signal);
  } finally {
    await api.close();
  }
}
