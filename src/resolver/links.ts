import type { CatalogKind, CatalogRecord } from "../catalog/kinds.ts";
import type { LinkedRecords } from "../catalog/store/store.ts";
import type { Check, PlanRecord } from "../plan/plan.ts";
import { failed, passed } from "../substrate/check.ts";
import { credentialSecret } from "./select-image.ts";

/** The records that a workspace refers to. A referenced record that does not exist is null and has a failed check. */
export interface Links {
  readonly workspace: CatalogRecord<"workspace">;
  readonly image: CatalogRecord<"image"> | null;
  readonly placement: CatalogRecord<"placement"> | null;
  readonly environment: CatalogRecord<"environment"> | null;
  readonly machineType: CatalogRecord<"machine-type"> | null;
  readonly diskType: CatalogRecord<"disk-type"> | null;
  /** By the position of the environment's data disks. Null for a disk that names none. */
  readonly dataDiskTypes: readonly (CatalogRecord<"disk-type"> | null)[];
  /** The secret with the credential for the image's registry. */
  readonly pullSecret: CatalogRecord<"secret"> | null;
  readonly checks: readonly Check[];
}

interface Link {
  readonly kind: CatalogKind;
  readonly name: string;
  /** The record that refers to it, and the field that does. */
  readonly from: string;
  readonly field: string;
}

/** Follows the workspace's references, level by level, with a check for each. */
export function followLinks(records: LinkedRecords, workspace: CatalogRecord<"workspace">): Links {
  const { checks, follow } = linkFollower(records);
  const { imageRef, environmentRef, placement: placementName } = workspace;
  const from = `workspace ${workspace.name}`;
  const image = follow({ kind: "image", name: imageRef, from, field: "image_ref" });
  const placement = follow({ kind: "placement", name: placementName, from, field: "placement" });
  const environment = follow({
    kind: "environment",
    name: environmentRef,
    from,
    field: "environment_ref",
  });
  const shape = `environment ${environmentRef ?? ""}`;
  const machineType = follow({
    kind: "machine-type",
    name: environment?.machineTypeRef,
    from: shape,
    field: "machine_type_ref",
  });
  const diskType = follow({
    kind: "disk-type",
    name: environment?.diskTypeRef,
    from: shape,
    field: "disk_type_ref",
  });
  const dataDiskTypes = (environment?.dataDisks ?? []).map(({ diskTypeRef }, index) =>
    follow({
      kind: "disk-type",
      name: diskTypeRef,
      from: shape,
      field: `data_disks[${index}].disk_type_ref`,
    }),
  );
  const pullSecret = follow({
    kind: "secret",
    name: image === null ? null : credentialSecret(image),
    from: `image ${imageRef}`,
    field: "docker.pull_credential_secret",
  });
  for (const { name, field } of workspaceSecrets(workspace))
    follow({ kind: "secret", name, from, field });
  const shapeRecords = { environment, machineType, diskType, dataDiskTypes };
  return { workspace, image, placement, ...shapeRecords, pullSecret, checks };
}

/** Looks up records by their links, and collects a check for each link. */
function linkFollower(records: LinkedRecords) {
  const checks: Check[] = [];
  function follow<K extends CatalogKind>(
    link: Omit<Link, "name"> & { readonly kind: K; readonly name: string | null | undefined },
  ): CatalogRecord<K> | null {
    const { kind, name, from, field } = link;
    if (name === null || name === undefined) return null;
    const record = records.find(kind, name);
    checks.push(linkCheck({ kind, name, from, field }, record !== null));
    return record;
  }
  return { checks, follow };
}

/** The records that the plan depends on, with the generations that were read. */
export function planRecords(links: Links): readonly PlanRecord[] {
  const { workspace, image, placement, environment, machineType, diskType } = links;
  const dataDiskTypes = links.dataDiskTypes.filter((record) => record !== null);
  // A disk-type that several disks use is one record of the plan.
  const further = [...new Map(dataDiskTypes.map((record) => [record.name, record])).values()];
  const records: readonly (readonly [string, { name: string; generation: number } | null])[] = [
    ["workspace", workspace],
    ["image", image],
    ["placement", placement],
    ["environment", environment],
    ["machine-type", machineType],
    ["disk-type", diskType],
    ...further
      .filter(({ name }) => name !== diskType?.name)
      .map((record) => ["disk-type", record] as const),
  ];
  return records.flatMap(([kind, record]) =>
    record === null ? [] : [{ kind, name: record.name, generation: record.generation }],
  );
}

function workspaceSecrets(
  workspace: CatalogRecord<"workspace">,
): readonly { readonly name: string; readonly field: string }[] {
  return [
    ...(workspace.secretRefs ?? []).map((name, index) => ({
      name,
      field: `secret_refs[${index}]`,
    })),
    ...(workspace.runtimeSecretMounts ?? []).map(({ secret }, index) => ({
      name: secret,
      field: `runtime_secret_mounts[${index}].secret`,
    })),
  ];
}

function linkCheck({ kind, name, from, field }: Link, exists: boolean): Check {
  const check = `link.${kind}`;
  if (exists) return passed(check, `${from} ${field}: ${kind} ${name} exists`);
  return failed(check, {
    code: "FAILED_PRECONDITION",
    reason: kind === "secret" ? "SECRET_NOT_FOUND" : "LINK_MISSING",
    message: `${from}: ${field} refers to ${kind} ${name}, which does not exist`,
    remedy:
      kind === "secret"
        ? `Create it with \`slipway set secret ${name} < value\`, or refer to another secret.`
        : `Create it with \`slipway set ${kind} ${name}\`, or refer to another ${kind}.`,
    metadata: { kind, name, field },
  });
}
