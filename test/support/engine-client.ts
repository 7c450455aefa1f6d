import { request } from "node:http";
import type { EnginePeer } from "./peers.ts";

/** An answer of the engine, asked without any of our code. */
export interface EngineAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Asks an engine directly: tests look with it at what an adapter has done. */
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
async function forgetImage(
  engine: Pick<EnginePeer, "socketPath">,
  reference: string,
): Promise<void> {
  const { status } = await askEngine(engine, "DELETE", `/images/${reference}?force=1`);
  if (status !== 200 && status !== 404) throw new Error(`removing ${reference} gave ${status}`);
}

/** Whether the engine has the image under this reference. */
export async function hasImage(
  engine: Pick<EnginePeer, "socketPath">,
  reference: string,
): Promise<boolean> {
  return (await askEngine(engine, "GET", `/images/${reference}/json`)).status === 200;
}

/** Removes all that the engine has from a registry: a test's registry is gone when the test is. */
export async function forgetImagesOf(
  engine: Pick<EnginePeer, "socketPath">,
  registry: string,
): Promise<void> {
  const { body } = await askEngine(engine, "GET", "/images/json");
  const references = listOf(body).flatMap((image) => {
    const digests = fieldOf(image, "RepoDigests");
    return digests === null ? [] : listOf(digests).map(String);
  });
  for (const reference of references)
    if (reference.startsWith(`${registry}/`)) await forgetImage(engine, reference);
}

/** A field in the depth of an answer; undefined where there is none. */
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
  if (!Array.isArray(value)) throw new Error("the engine's answer is no list");
  return value;
}
