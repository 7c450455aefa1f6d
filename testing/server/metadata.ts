/** Shared by the metadata servers of the fake clouds: a tree of texts, and a listener for one machine. */
import { type CloudAnswer } from "./cloud-exchange.ts";
import { type CloudRequest, type WireAnswer, serveCloud } from "./cloud-server.ts";
import type { ListeningOptions } from "./http-server.ts";

/** A folder of the metadata: texts and other folders by name. */
export interface MetadataFolder {
  readonly [name: string]: MetadataEntry;
}
export type MetadataEntry = string | Uint8Array | MetadataFolder;

/** The metadata server of one machine at its own address. Ends with `close()`, or with its fake. */
export interface MetadataServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, where the machine itself sees `http://169.254.169.254`. */
  readonly url: string;
  close(): Promise<void>;
}

/** Path of every machine's metadata on the fake's own address; the machine's name and the path it asks for follow. */
const PREFIX = "/metadata/";

/** The path below {@link PREFIX}, with its slash; null for a request to the cloud's API. */
export function metadataPath(path: string | null): string | null {
  return path?.startsWith(PREFIX) === true ? path.slice(PREFIX.length - 1) : null;
}

/** The entry at a path without empty parts; null if there is none. */
export function entryAt(root: MetadataFolder, parts: readonly string[]): MetadataEntry | null {
  let entry: MetadataEntry = root;
  for (const part of parts) {
    if (!isFolder(entry)) return null;
    const child: MetadataEntry | undefined = Object.hasOwn(entry, part) ? entry[part] : undefined;
    if (child === undefined) return null;
    entry = child;
  }
  return entry;
}

export function isFolder(entry: MetadataEntry): entry is MetadataFolder {
  return typeof entry !== "string" && !(entry instanceof Uint8Array);
}

/** The names in a folder; those of folders end with a slash. */
export function namesIn(folder: MetadataFolder): readonly string[] {
  return Object.entries(folder).map(([name, entry]) => (isFolder(entry) ? `${name}/` : name));
}

/** The metadata of one machine as a listener of its own answers it; null resets the connection. */
export type MetadataAnswer = (request: CloudRequest) => WireAnswer | null;

/** Opens metadata servers, and closes those that are still open together with their fake. */
export function metadataServers(defect: (caught: unknown) => CloudAnswer): {
  open(answer: MetadataAnswer, options: ListeningOptions): Promise<MetadataServer>;
  closeAll(): Promise<void>;
} {
  const open = new Set<MetadataServer>();
  return {
    async open(answer, options) {
      const api = {
        contentType: "text/plain",
        maximumBodyBytes: 64 * 1024,
        answer: (request: CloudRequest) => Promise.resolve(answer(request)),
        defect,
      };
      const served = await serveCloud(api, options, () => undefined);
      const close = async (): Promise<void> => {
        open.delete(server);
        await served.close();
      };
      const server: MetadataServer = { url: served.url, close, [Symbol.asyncDispose]: close };
      open.add(server);
      return server;
    },
    async closeAll() {
      await Promise.all(Array.from(open, (server) => server.close()));
    },
  };
}
