import type { JsonObject } from "../../src/errors.ts";

/** A resource that every new fake has. Its id is the same in each. */
export interface SampleResource {
  readonly region: string;
  /** Null for a resource of the whole region. */
  readonly zone: string | null;
  /** Such as `subnet` or `image (arm64)`. */
  readonly resource: string;
  readonly id: string;
}

/** How to use a new fake of a cloud. */
export interface Sample {
  readonly resources: readonly SampleResource[];
  /** Documents of a catalog with one workspace, as `apply` accepts them. */
  readonly documents: readonly JsonObject[];
  /** The name of the workspace, and of every other record. */
  readonly name: string;
  /** Environment variables with which clients use the fake at this URL (`http://127.0.0.1:PORT`). */
  readonly variables: (url: string) => Readonly<Record<string, string>>;
}
