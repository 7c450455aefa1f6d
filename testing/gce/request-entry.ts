import type { InProgress } from "../server/request-log.ts";

/** One request as received by the fake. Credentials and bodies are not recorded. */
export interface GceRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The API method, for example `instances.insert`; null for a path that the fake does not implement. */
  readonly call: string | null;
  readonly isMutation: boolean;
  readonly project: string | null;
  readonly zone: string | null;
  readonly requestId: string | null;
  /** Arrival time; milliseconds since 1970. */
  readonly at: number;
  /** Null if no answer was sent (yet). */
  readonly status: number | null;
}

/** The same entry while the request is in progress. */
export type OpenRequest = InProgress<GceRequest>;
