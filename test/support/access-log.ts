import { randomUUID } from "node:crypto";

/** One line of the registry's access log. */
export interface RegistryRequest {
  readonly method: string;
  /** With the query, as it was sent. */
  readonly path: string;
  readonly status: number;
  readonly userAgent: string;
}

export interface AccessLog {
  /** Takes one line of the registry's standard output. */
  add(line: string): void;
  /** The requests that the registry at `host` has answered so far. */
  read(host: string): Promise<readonly RegistryRequest[]>;
}

// The combined log format: address, identity, user, [time], "request", status, bytes, "referrer", "agent".
const LINE = /^\S+ \S+ \S+ \[[^\]]*\] "(\S+) (\S+) [^"]*" (\d{3}) \d+ "[^"]*" "([^"]*)"$/;

/** Collects the access log of a registry. */
export function createAccessLog(): AccessLog {
  const requests: RegistryRequest[] = [];
  const waiting = new Map<string, () => void>();
  return {
    add(line) {
      const request = parseLine(line);
      if (request === undefined) return;
      const reached = waiting.get(request.userAgent);
      if (reached === undefined) requests.push(request);
      else reached();
    },
    async read(host) {
      // The registry writes a line before it sends the answer, but the line reaches us through a pipe. Once the line of our
      // own request arrives, all earlier lines have arrived.
      const marker = `log-marker/${randomUUID()}`;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.set(marker, resolve);
      const answer = await fetch(`http://${host}/v2/`, { headers: { "user-agent": marker } });
      await answer.arrayBuffer();
      await promise;
      waiting.delete(marker);
      return [...requests];
    },
  };
}

function parseLine(line: string): RegistryRequest | undefined {
  const [, method, path, status, userAgent] = LINE.exec(line) ?? [];
  if (method === undefined || path === undefined || userAgent === undefined) return undefined;
  return { method, path, status: Number(status), userAgent };
}
