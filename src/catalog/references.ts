/** The records that a record refers to. */
import type {
  CatalogKind,
  CatalogKinds,
  EnvironmentFields,
  ImageFields,
  WorkspaceFields,
} from "./kinds.ts";
import type { RecordKey } from "./tables.ts";

type ReferencesOf = {
  readonly [K in CatalogKind]: (fields: CatalogKinds[K]) => readonly RecordKey[];
};

const none = (): readonly RecordKey[] => [];

const REFERENCES: ReferencesOf = {
  image: imageReferences,
  workspace: workspaceReferences,
  placement: none,
  environment: environmentReferences,
  "machine-type": none,
  "disk-type": none,
  secret: none,
};

/** The records that a record refers to, without duplicates, in the order of its fields. */
export function referencesOf<K extends CatalogKind>(
  kind: K,
  fields: CatalogKinds[K],
): readonly RecordKey[] {
  const references: (fields: CatalogKinds[K]) => readonly RecordKey[] = REFERENCES[kind];
  const found = new Map(
    references(fields).map((reference) => [JSON.stringify(reference), reference]),
  );
  return [...found.values()];
}

function imageReferences({ docker }: ImageFields): readonly RecordKey[] {
  return optional("secret", docker?.pullCredentialSecret);
}

function workspaceReferences(workspace: WorkspaceFields): readonly RecordKey[] {
  const { imageRef, placement, environmentRef } = workspace;
  const secrets = [
    ...(workspace.secretRefs ?? []),
    ...(workspace.runtimeSecretMounts ?? []).map(({ secret }) => secret),
  ];
  return [
    { kind: "image", name: imageRef },
    { kind: "placement", name: placement },
    ...optional("environment", environmentRef),
    ...secrets.map((name): RecordKey => ({ kind: "secret", name })),
  ];
}

function environmentReferences(environment: EnvironmentFields): readonly RecordKey[] {
  return [
    { kind: "machine-type", name: environment.machineTypeRef },
    ...optional("disk-type", environment.diskTypeRef),
    ...(environment.dataDisks ?? []).flatMap(({ diskTypeRef }) =>
      optional("disk-type", diskTypeRef),
    ),
  ];
}

function optional(kind: CatalogKind, name: string | undefined): readonly RecordKey[] {
  return name === undefined ? [] : [{ kind, name }];
}
