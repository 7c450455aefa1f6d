import { request } from "node:http";
import type { EnginePeer } from "./peers.ts";

/** An answer of the engine, requested without any of our code. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface EngineText {
  readonly status: number;
  readonly text: string;
}

function exchange(
  { socketPath }: Pick<EnginePeer, "socketPath">,
  method: string,
  path: string,
  body?: object,
): Promise<EngineText> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const outgoing = request({ socketPath, method, path, headers }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => pieces.push(piece));
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          status: incoming.statusCode ?? 0,
          text: Buffer.concat(pieces).toString("utf8"),
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Calls an engine directly, so that tests can verify what an adapter has done. */
export async function askEngine(
  engine: Pick<EnginePeer, "socketPath">,
  method: string,
  path: string,
): Promise<EngineAnswer> {
  const { status, text } = await exchange(engine, method, path);
  return { status, body: text === "" ? null : JSON.parse(text) };
}

/** Whether an engine pulls an image, makes a container of it and starts it, without any of our code. */
export async function engineRuns(
  engine: Pick<EnginePeer, "socketPath">,
  reference: string,
): Promise<boolean> {
  const pull = `/images/create?fromImage=${encodeURIComponent(reference)}`;
  // The reply streams one JSON document for each step, the last of which may be an error.
  const pulled = await exchange(engine, "POST", pull);
  if (pulled.status !== 200 || pulled.text.includes('"error"')) return false;
  const created = await exchange(engine, "POST", "/containers/create", { Image: reference });
  if (created.status !== 201) return false;
  const id = String(fieldOf(JSON.parse(created.text), "Id"));
  const started = await exchange(engine, "POST", `/containers/${id}/start`);
  await exchange(engine, "DELETE", `/containers/${id}?force=1&v=1`);
  return started.status === 204;
}

/** Removes an image from the engine, so that the next launch pulls it. */
async function removeImage(
  engine: Pick<EnginePeer, "socketPath">,
  reference: string,
): Promise<void> {
  const { status } = await askEngine(engine, "DELETE", `/images/${reference}?force=1`);
  if (status !== 200 && status !== 404)
    throw new Error(`removing ${reference} failed with status ${status}`);
}

/** Whether the engine has the image under this reference. */
export async function hasImage(
  engine: Pick<EnginePeer, "socketPath">,
  reference: string,
): Promise<boolean> {
  return (await askEngine(engine, "GET", `/images/${reference}/json`)).status === 200;
}

/** Removes all images of a registry from the engine: a test's registry disappears with the test. */
export async function removeImagesOf(
  engine: Pick<EnginePeer, "socketPath">,
  registry: string,
): Promise<void> {
  const { body } = await askEngine(engine, "GET", "/images/json");
  const references = listOf(body).flatMap((image) => {
    const digests = fieldOf(image, "RepoDigests");
    return digests === null ? [] : listOf(digests).map(String);
  });
  for (const reference of references)
    if (reference.startsWith(`${registry}/`)) await removeImage(engine, reference);
}

/** A nested field of an answer; undefined if it does not exist. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null
        ? Object.entries(inner).find(([key]) => key === name)?.[1]
        : undefined,
    value,
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error("the engine's answer is not a list");
  return value;
}
