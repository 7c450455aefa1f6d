import type { STSClient } from "@aws-sdk/client-sts";
import { z } from "zod";
import type { AwsTarget, Check } from "../../src/plan/plan.ts";
import { createRedactor } from "../../src/redaction/redactor.ts";
import { failedBy, passed } from "../../src/substrate/check.ts";
import { peerClock } from "../../src/substrate/diagnosis.ts";
import type { ConnectionDiagnosis, PeerClock } from "../../src/substrate/diagnosis.ts";
import { createAwsApi } from "./client/api.ts";
import { createAwsClients } from "./client/client.ts";
import type { AwsClients, AwsRole, ClientOptions } from "./client/client.ts";
import { profileOf } from "./client/endpoint-provider.ts";
import { profileChain } from "./client/profiles.ts";
import { sharedFiles } from "./client/shared-files.ts";
import { cloudError } from "./errors/errors.ts";
import { accountCheck, rolesOf } from "./preflight/preflight.ts";
import { sourceChecks } from "./preflight/source-check.ts";

export interface AwsDiagnosisOptions extends Omit<ClientOptions, "target"> {
  /** Null: the process's own credentials, in its own region. */
  readonly target: Pick<AwsTarget, "accountId" | "region" | "roleArn" | "readonlyRoleArn"> | null;
}

const NAME = "aws";
/** The region of AWS's own tools if neither the environment nor the profile names one for STS. */
const FALLBACK_REGION = "us-east-1";
const REGION_VARIABLES = ["AWS_REGION", "AWS_DEFAULT_REGION"] as const;

/** Asks AWS who the caller is, with each role of a placement. Only a cancellation is thrown. */
export async function diagnoseAws(
  options: AwsDiagnosisOptions,
  signal: AbortSignal,
): Promise<ConnectionDiagnosis> {
  const { environment, now } = options;
  const target = options.target ?? (await ownTarget(options));
  const clients = createAwsClients({ ...options, target });
  const clocks: PeerClock[] = [];
  const onReply = ({ peer, date }: Reply): void => {
    const clock = peerClock(peer, date, now());
    if (clock !== null) clocks.push(clock);
  };
  try {
    const checks = await Promise.all(
      rolesOf(target).map((role) => identityCheck({ clients, role, target, onReply }, signal)),
    );
    const sources = sourceChecks(environment).map((check) => ({ ...check, name: NAME }));
    const redactor = createRedactor(() => clients.secrets());
    return { checks: redactor.data([...checks, ...sources]), clock: clocks[0] ?? null };
  } finally {
    clients.close();
  }
}

type Target = NonNullable<AwsDiagnosisOptions["target"]>;

async function ownTarget({
  environment,
  home,
}: AwsDiagnosisOptions): Promise<Omit<Target, "accountId">> {
  const named = REGION_VARIABLES.map((name) => environment[name]).find(Boolean);
  const roles = { roleArn: null, readonlyRoleArn: null };
  if (named !== undefined) return { region: named, ...roles };
  const [profile] = await profileChain(profileOf(environment), sharedFiles(environment, home));
  return { region: profile?.settings["region"] ?? FALLBACK_REGION, ...roles };
}

interface IdentityQuestion {
  readonly clients: AwsClients;
  readonly role: AwsRole;
  readonly target: Omit<Target, "accountId"> & Partial<Pick<Target, "accountId">>;
  readonly onReply: (reply: Reply) => void;
}

async function identityCheck(
  { clients, role, target, onReply }: IdentityQuestion,
  signal: AbortSignal,
): Promise<Check> {
  const { region, accountId } = target;
  const whose = role === "reader" ? "the reading" : "the launching";
  const context = { operation: "GetCallerIdentity", subject: `${whose} credentials`, region };
  try {
    observeReplies(await clients.sts({ role, region }), onReply);
    const { Account = "", Arn = "" } = await createAwsApi(clients, region).getCallerIdentity(
      role,
      signal,
    );
    if (accountId !== undefined && accountId !== Account)
      return {
        ...accountCheck(role, { accountId, region }, { value: Account, error: null }),
        name: NAME,
      };
    return passed(NAME, `${region}: ${whose} credentials are ${Arn}, of account ${Account}`);
  } catch (caught) {
    const error = cloudError(caught, { ...context, signal });
    if (error.code === "CANCELLED" || signal.aborted) throw error;
    return failedBy(NAME, error);
  }
}

interface Reply {
  readonly peer: string;
  readonly date: string;
}

const exchange = z.object({
  request: z.object({ hostname: z.string() }),
  response: z.object({ headers: z.object({ date: z.string() }) }),
});

/** Passes on the `Date` of every reply, of refusals too. */
function observeReplies(client: STSClient, onReply: (reply: Reply) => void): void {
  client.middlewareStack.add(
    (next) => async (given) => {
      const answered = await next(given);
      const { data } = exchange.safeParse({ ...given, ...answered });
      if (data !== undefined)
        onReply({ peer: data.request.hostname, date: data.response.headers.date });
      return answered;
    },
    // The deserializer, which throws for a refusal, is nearer to the caller.
    { step: "deserialize", priority: "low", name: "slipwayReplies", override: true },
  );
}
