import { Ec2Failure } from "./failure.ts";
import type { Session } from "./records.ts";
import type { Signature } from "./signature.ts";

export const DEFAULT_ACCOUNT = "000000000000";

interface CredentialStore {
  readonly sessions: ReadonlyMap<string, Session>;
  /** Accounts by access key. */
  readonly accounts: ReadonlyMap<string, string>;
  readonly now: number;
}

/**
 * The account that a signature belongs to. Any long-term credentials are accepted: the account is the one configured
 * for the access key, or the access key itself if that is an account id, or else {@link DEFAULT_ACCOUNT}. Temporary
 * credentials must have been issued by AssumeRole.
 *
 * @throws Ec2Failure the service's own error for unknown or expired credentials
 */
export function accountOf(
  signature: Signature,
  { sessions, accounts, now }: CredentialStore,
): string {
  const { accessKeyId, sessionToken, service } = signature;
  const session = sessions.get(accessKeyId);
  if (session !== undefined) {
    if (session.sessionToken !== sessionToken) throw unknownCredentials(service);
    if (session.expiresAt <= now)
      throw new Ec2Failure(service === "sts" ? "ExpiredToken" : "RequestExpired");
    return session.account;
  }
  const given = accounts.get(accessKeyId);
  if (given !== undefined) return given;
  if (accessKeyId.startsWith("ASIA")) throw unknownCredentials(service);
  return /^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT;
}

function unknownCredentials(service: string): Ec2Failure {
  return service === "sts"
    ? new Ec2Failure(
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
      )
    : new Ec2Failure("AuthFailure");
}
