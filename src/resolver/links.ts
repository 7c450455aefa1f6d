import type { Catalog } from "../catalog/catalog.ts";
import type { CatalogKind, CatalogRecord } from "../catalog/kinds.ts";
import type { Check, PlanRecord } from "../plan.ts";
import { failed, passed } from "./check.ts";
import { findRecord } from "./find-record.ts";
import { credentialSecret } from "./select-image.ts";

/** The records that a workspace leads to. A named one that does not exist is null and has its failed check. */
export interface Links {
  readonly workspace: CatalogRecord<"workspace">;
  readonly image: CatalogRecord<"image"> | null;
  readonly placement: CatalogRecord<"placement"> | null;
  readonly environment: CatalogRecord<"environment"> | null;
  readonly machineType: CatalogRecord<"machine-type"> | null;
  readonly diskType: CatalogRecord<"disk-type"> | null;
  readonly checks: readonly Check[];
}

interface Link {
  readonly kind: CatalogKind;
  readonly name: string;
  /** The record that names it, and in which field. */
  readonly from: string;
  readonly field: string;
}

/** Follows the workspace's names through the catalog, level by level, and names every one that is missing. */
export async function followLinks(
  catalog: Pick<Catalog, "get">,
  workspace: CatalogRecord<"workspace">,
): Promise<Links> {
  const checks: Check[] = [];
  async function follow<K extends CatalogKind>(
    kind: K,
    name: string | null | undefined,
    from: string,
    field: string,
  ): Promise<CatalogRecord<K> | null> {
    if (name === null || name === undefined) return null;
    const record = await findRecord(catalog, kind, name);
    checks.push(linkCheck({ kind, name, from, field }, record !== null));
    return record;
  }

  const origin = `workspace ${workspace.name}`;
  const [image, placement, environment] = await Promise.all([
    follow("image", workspace.imageRef, origin, "image_ref"),
    follow("placement", workspace.placement, origin, "placement"),
    follow("environment", workspace.environmentRef, origin, "environment_ref"),
  ]);
  const shape = `environment ${workspace.environmentRef ?? ""}`;
  const pull = image === null ? null : credentialSecret(image);
  const [machineType, diskType] = await Promise.all([
    follow("machine-type", environment?.machineTypeRef, shape, "machine_type_ref"),
    follow("disk-type", environment?.diskTypeRef, shape, "disk_type_ref"),
    follow("secret", pull, `image ${workspace.imageRef}`, "docker.pull_credential_secret"),
    ...workspaceSecrets(workspace).map(({ name, field }) => follow("secret", name, origin, field)),
  ]);
  return { workspace, image, placement, environment, machineType, diskType, checks };
}

/** The records that a plan is made from, with the generations that were read. */
export function planRecords(links: Links): readonly PlanRecord[] {
  const { workspace, image, placement, environment, machineType, diskType } = links;
  const records: readonly (readonly [string, { name: string; generation: number } | null])[] = [
    ["workspace", workspace],
    ["image", image],
    ["placement", placement],
    ["environment", environment],
    ["machine-type", machineType],
    ["disk-type", diskType],
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
    message: `${from} names ${kind} ${name} in ${field}, which does not exist`,
    remedy:
      kind === "secret"
        ? `Set it with \`slipway set secret ${name} < value\`, or name another.`
        : `Set it with \`slipway set ${kind} ${name}\`, or name another.`,
    metadata: { kind, name, field },
  });
}
