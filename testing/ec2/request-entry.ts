import type { Open } from "../server/request-log.ts";

/** One request as the stand-in saw it. Signatures and secrets are not kept. */
export interface Ec2Request {
  /** Null where the request could not be read so far. */
  readonly service: string | null;
  readonly action: string | null;
  readonly region: string | null;
  readonly account: string | null;
  readonly accessKeyId: string | null;
  /** All parameters but `Action` and `Version`, by their full names. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly isDryRun: boolean;
  /** False where the call would change something. */
  readonly isRead: boolean;
  /** What was answered; null where no answer was sent (yet). */
  readonly status: number | null;
  /** The error code that was answered. */
  readonly code: string | null;
}

/** The same while the request is under way. */
export type OpenRequest = Open<Ec2Request>;

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
