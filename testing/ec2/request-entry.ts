import type { InProgress } from "../server/request-log.ts";

/** One request as received by the fake. Signatures and secrets are not recorded. */
export interface Ec2Request {
  /** Null if the request could not be parsed that far. */
  readonly service: string | null;
  readonly action: string | null;
  readonly region: string | null;
  readonly account: string | null;
  readonly accessKeyId: string | null;
  /** All parameters except `Action` and `Version`, by full name. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly isDryRun: boolean;
  /** False if the call would change something. */
  readonly isRead: boolean;
  /** Status of the answer; null if no answer was sent (yet). */
  readonly status: number | null;
  /** Error code of the answer. */
  readonly code: string | null;
}

/** The same entry while the request is in progress. */
export type OpenRequest = InProgress<Ec2Request>;

export function openRequest(): OpenRequest {
  return {
    service: null,
    action: null,
    region: null,
    account: null,
    accessKeyId: null,
    parameters: {},
    isDryRun: false,
    isRead: false,
    status: null,
    code: null,
  };
}
