import type { CatalogRecord } from "../catalog/kinds.ts";
import { snakeCaseName } from "../json/field-case.ts";
import { diskSources } from "./disk-sources.ts";
import type { Links } from "./links.ts";
import { INSTANCE_OPTIONS } from "../plan/instance.ts";
import { COMPUTE_ENGINE_OPTIONS } from "../plan/compute-engine.ts";
import { providerMachineTypes } from "./shape.ts";

/** The source of each plan value that comes from the catalog: JSON pointer -> record, generation, field. */
export function recordSources(links: Links): Readonly<Record<string, string>> {
  const { workspace, image, placement, environment, machineType, diskType } = links;
  const at = (kind: string, record: { name: string; generation: number }, field: string) =>
    `${kind} ${record.name} generation ${record.generation} ${field}`;
  return {
    "/tenant": "the caller",
    "/workspace": at("workspace", workspace, "name"),
    "/guest": at(
      "workspace",
      workspace,
      "repos, ports, secret_refs, runtime_secret_mounts, user_data, boot_document",
    ),
    ...fieldSources(
      "/guest",
      PROCESS_FIELDS.filter((field) => workspace[field] !== undefined),
      at("workspace", workspace, ""),
    ),
    ...(image === null
      ? {}
      : {
          "/architecture": at("image", image, "architecture"),
          "/credential": credentialSource(image),
        }),
    ...(placement === null
      ? {}
      : {
          "/substrate": at("placement", placement, "substrate"),
          "/target": at("placement", placement, "target"),
          "/candidates": candidateSource(links, at("placement", placement, "target")),
          ...(placement.substrate === "GCP"
            ? fieldSources(
                "/target",
                usedOptions(COMPUTE_ENGINE_OPTIONS, placement.target.gcp),
                at("placement", placement, "target.gcp."),
              )
            : {}),
          ...(placement.substrate === "DOCKER"
            ? fieldSources(
                "/target",
                Object.keys(placement.target.docker),
                at("placement", placement, "target.docker."),
              )
            : {}),
          ...(placement.substrate === "AWS"
            ? fieldSources(
                "/target",
                usedOptions(INSTANCE_OPTIONS, placement.target.aws),
                at("placement", placement, "target.aws."),
              )
            : {}),
        }),
    ...(machineType === null
      ? {
          "/machine_type": "default: the workspace names no environment",
          "/shape": "default: the workspace names no environment",
        }
      : {
          "/machine_type": at("machine-type", machineType, "spec"),
          "/shape/vcpus": at("machine-type", machineType, "vcpus"),
          "/shape/memory_gb": at("machine-type", machineType, "memory_gb"),
          ...("gce" in machineType.spec && machineType.spec.gce.accelerators !== undefined
            ? { "/shape/accelerators": at("machine-type", machineType, "spec.gce.accelerators") }
            : {}),
        }),
    ...(environment === null
      ? {}
      : {
          "/shape": at("environment", environment, "machine_type_ref, disk_type_ref"),
          "/shape/disk_size_gb": at("environment", environment, "disk_size_gb"),
          ...fieldSources(
            "/shape/container",
            Object.keys(environment.docker ?? {}),
            at("environment", environment, "docker."),
          ),
        }),
    ...(diskType === null ? {} : { "/shape/disk_type": at("disk-type", diskType, "spec") }),
    ...diskSources(links),
  };
}

/** The options that a placement sets. */
function usedOptions<Name extends string>(
  options: readonly Name[],
  placement: Readonly<Partial<Record<Name, unknown>>>,
): readonly Name[] {
  return options.filter((option) => placement[option] !== undefined);
}

/** The source of the candidates and of their order. */
function candidateSource({ environment, machineType }: Links, placement: string): string {
  if (providerMachineTypes(machineType).length === 1) return placement;
  const order =
    environment?.candidateOrder === undefined
      ? "default candidate_order TYPE_FIRST"
      : `environment ${environment.name} generation ${environment.generation} candidate_order`;
  return `${placement}; machine-type ${machineType?.name ?? ""} generation ${machineType?.generation ?? 0} spec; ${order}`;
}

function credentialSource(image: CatalogRecord<"image">): string {
  const { pullCredential, pullCredentialSecret } = image.docker ?? {};
  const record = `image ${image.name} generation ${image.generation} docker`;
  if (pullCredential !== undefined) return `${record}.pull_credential`;
  if (pullCredentialSecret !== undefined) return `${record}.pull_credential_secret`;
  return `default: image ${image.name} names no secret`;
}

/** The fields of a workspace that only containers have. */
export const PROCESS_FIELDS = ["entrypoint", "command", "user"] as const;

/** A source for each of a record's fields, which the plan has below `parent`. */
function fieldSources(
  parent: string,
  fields: readonly string[],
  prefix: string,
): Record<string, string> {
  return Object.fromEntries(
    fields.map(snakeCaseName).map((field) => [`${parent}/${field}`, `${prefix}${field}`]),
  );
}

/** The source of the artifact's reference: its field in the image record. */
export function artifactSource(image: CatalogRecord<"image">, region: string | null): string {
  const record = `image ${image.name} generation ${image.generation}`;
  if (image.aws !== undefined) return `${record} aws.ami_ids[${region ?? ""}]`;
  return image.gce === undefined ? `${record} docker.image_ref` : `${record} gce.self_link`;
}
