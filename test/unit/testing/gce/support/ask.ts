import { onTestFinished } from "vitest";
import { type FakeClock, createFakeClock } from "../../../../../testing/fake-clock.ts";
import { type GceOptions, type GceFake, startGce } from "../../../../../testing/gce/index.ts";
import { misfits, responseType } from "./protos.ts";

export const PROJECT = "agents";
export const ZONE = "us-central1-a";
export const AMD64_IMAGE = "debian-12-bookworm-v20251111";
export const ARM64_IMAGE = "debian-12-bookworm-arm64-v20251111";

/** The parts of an answer that tests read. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A fake whose every answer is checked against the official client's own description of the API. */
export interface CheckedGce {
  readonly gce: GceFake;
  readonly clock: FakeClock;
  /** Sends a GET for a path below the project. */
  readonly get: (path: string) => Promise<Answer>;
  readonly post: (path: string, body?: unknown) => Promise<Answer>;
  readonly remove: (path: string) => Promise<Answer>;
  /** Sends any method, path and headers. */
  readonly ask: (asked: Asked) => Promise<Answer>;
}

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export async function startChecked(options: GceOptions = {}): Promise<CheckedGce> {
  const clock = createFakeClock(Date.UTC(2026, 0, 1));
  const gce = await startGce({ clock, observe: requireFit, ...options });
  onTestFinished(() => gce.close());
  const ask = async ({ method = "GET", path, body, headers }: Asked): Promise<Answer> => {
    const response = await fetch(new URL(path, gce.url), {
      method,
      headers: { Authorization: "Bearer token", ...headers },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? null : JSON.parse(text) };
  };
  const under = (path: string): string =>
    `/compute/v1/projects/${PROJECT}${path === "" || path.startsWith("?") ? path : `/${path}`}`;
  return {
    gce,
    clock,
    ask,
    get: (path) => ask({ path: under(path) }),
    post: (path, body = {}) => ask({ method: "POST", path: under(path), body }),
    remove: (path) => ask({ method: "DELETE", path: under(path) }),
  };
}

/** An error thrown inside the server becomes an answer of 500, which no test expects. */
function requireFit({
  call,
  document,
}: {
  readonly call: string;
  readonly document: unknown;
}): void {
  const wrong = misfits(responseType(call), document);
  if (wrong.length > 0) throw new Error(wrong.join("; "));
}

/** Status and reason of an error, `404 notFound`; only the status of a success. */
export function verdict({ status, body }: Answer): string {
  const reason = at(body, "error", "errors", 0, "reason");
  return typeof reason === "string" ? `${status} ${reason}` : String(status);
}

/** The value in a document at the path. */
export function at(document: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === String(key))?.[1]
        : undefined,
    document,
  );
}

/** The names in a list response. */
export function names({ body }: Answer): readonly unknown[] {
  const items = at(body, "items");
  return Array.isArray(items) ? items.map((item: unknown) => at(item, "name")) : [];
}

/** The last part of a link. */
export function lastOf(link: unknown): string {
  return typeof link === "string" ? (link.split("/").at(-1) ?? "") : "";
}

/** The body of a valid insert. */
export function instanceBody(name: string, changes: Readonly<Record<string, unknown>> = {}) {
  return { name, ...properties(), ...changes };
}

/** Properties common to an insert and a bulk insert. */
export function properties(
  zone = ZONE,
  type = "e2-small",
  image = AMD64_IMAGE,
  diskType = "pd-balanced",
) {
  return {
    machineType: `zones/${zone}/machineTypes/${type}`,
    disks: [
      bootDisk(`global/images/${image}`, { diskType: `zones/${zone}/diskTypes/${diskType}` }),
    ],
    networkInterfaces: [{ network: "global/networks/default" }],
  };
}

export function bootDisk(sourceImage: string, parameters: Readonly<Record<string, unknown>> = {}) {
  return { boot: true, autoDelete: true, initializeParams: { sourceImage, ...parameters } };
}

/** The first error code of an operation. */
export function errorCode({ body }: Answer): unknown {
  return at(body, "error", "errors", 0, "code");
}
