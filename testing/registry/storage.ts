import type { Content } from "./content.ts";
import type { BuiltImage, BuiltIndex } from "./image-builder.ts";

/** The contents of one repository. Blobs and manifests are keyed by digest and exist only where they were stored. */
export interface StoredRepository {
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, Content>;
  readonly blobs: Map<string, Content>;
}

/** An incomplete upload. */
export interface Upload {
  readonly repository: string;
  readonly bytes: Uint8Array;
}

export interface Storage {
  readonly repositories: Map<string, StoredRepository>;
  readonly uploads: Map<string, Upload>;
}

export function emptyStorage(): Storage {
  return { repositories: new Map(), uploads: new Map() };
}

export function repositoryForWriting(storage: Storage, name: string): StoredRepository {
  const known = storage.repositories.get(name);
  if (known !== undefined) return known;
  const created = { tags: new Map(), manifests: new Map(), blobs: new Map() };
  storage.repositories.set(name, created);
  return created;
}

/** The manifest under a tag or digest, or null. */
export function findManifest(
  storage: Storage,
  repository: string,
  reference: string,
): Content | null {
  const held = storage.repositories.get(repository);
  if (held === undefined) return null;
  return held.manifests.get(held.tags.get(reference) ?? reference) ?? null;
}

/** Stores an image, or an index with all its images, in a repository. */
export function storeImage(
  storage: Storage,
  repository: string,
  image: BuiltImage | BuiltIndex,
): void {
  const held = repositoryForWriting(storage, repository);
  held.manifests.set(image.manifest.digest, image.manifest);
  for (const part of image.kind === "index" ? image.images : [image]) {
    held.manifests.set(part.manifest.digest, part.manifest);
    for (const [digest, blob] of part.blobs) held.blobs.set(digest, blob);
  }
}
