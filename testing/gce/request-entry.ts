import type { Open } from "../server/request-log.ts";

/** One request as the stand-in saw it. Credentials and bodies are not kept. */
export interface GceRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** The method of the API, `instances.insert`; null for a path that the stand-in does not offer. */
  readonly call: string | null;
  readonly isMutation: boolean;
  readonly project: string | null;
  readonly zone: string | null;
  readonly requestId: string | null;
  /** When it arrived; milliseconds since 1970. */
  readonly at: number;
  /** Null where no answer was sent (yet). */
  readonly status: number | null;
}

/** The same while the request is under way. */
export type OpenRequest = Open<GceRequest>;
