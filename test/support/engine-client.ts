import { request } from "node:http";
import type { EnginePeer } from "./peers.ts";

/** An answer of the engine, requested without any of our code. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls an engine directly, so that tests can verify what an adapter has done. */
export function askEngine(
  engine: Pick<EnginePeer, "socketPath">,
  method: string,
  path: string,
): Promise<EngineAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: engine.socketPath, method, path }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => pieces.push(piece));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(pieces).toString("utf8");
        const body: unknown = text === "" ? null : JSON.parse(text);
        resolve({ status: incoming.statusCode ?? 0, body });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
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
