import {
  type RegistryOptions,
  type TestRegistry,
  MEDIA_TYPES,
  startRegistry,
  tinyMultiPlatformImage,
} from "../../../../testing/registry/index.ts";

export const INDEX = tinyMultiPlatformImage();
export const ACCEPT = MEDIA_TYPES.oci.index;

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

/** A registry that contains the index as `team/app:v1`. */
export async function registryWithImage(options: RegistryOptions = {}): Promise<TestRegistry> {
  const registry = await startRegistry(options);
  registry.add("team/app", "v1", INDEX);
  return registry;
}

export interface Ask {
  readonly method?: string;
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | URLSearchParams;
}

/** Sends a request to the registry and does not follow redirects. */
export function ask(registry: { url: string }, path: string, asked: Ask = {}): Promise<Response> {
  const { method = "GET", authorization, headers, body } = asked;
  return fetch(new URL(path, registry.url), {
    method,
    redirect: "manual",
    headers: {
      Accept: ACCEPT,
      ...headers,
      ...(authorization === undefined ? {} : { Authorization: authorization }),
    },
    ...(body === undefined
      ? {}
      : { body: body instanceof Uint8Array ? new Uint8Array(body) : body }),
  });
}

/** Status and first error code of an answer, such as `404 MANIFEST_UNKNOWN`; only the status of a success. */
export async function verdict(answer: Response | Promise<Response>): Promise<string> {
  const { status, ...response } = await settled(answer);
  const code = /"code":"(\w+)"/.exec(response.text)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

async function settled(answer: Response | Promise<Response>) {
  const response = await answer;
  return { status: response.status, text: await response.text() };
}

/** The fields of a JSON object. */
export async function fieldsOf(answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const document: unknown = await answer.json();
  return Object.fromEntries(Object.entries(document ?? {}));
}
