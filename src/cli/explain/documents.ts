/** Where the documents of the package describe a field: the entry with the longest path that begins the field's. */
const DOCUMENTS: Readonly<Record<string, string>> = {
  image: "docs/catalog.md#image",
  "image.docker": "docs/registries.md#credentials",
  "image.docker.pull_credential": "docs/registries.md#tokens-of-a-cloud",
  workspace: "docs/catalog.md#workspace",
  "workspace.repos": "docs/guest.md#repositories",
  "workspace.boot_document": "docs/guest.md#the-document",
  "workspace.entrypoint": "docs/docker.md#workspace",
  "workspace.command": "docs/docker.md#workspace",
  "workspace.user": "docs/docker.md#workspace",
  "workspace.restart": "docs/docker.md#no-restart-policy",
  placement: "docs/catalog.md#placement",
  "placement.target.aws": "docs/aws.md#options-of-the-machine",
  "placement.target.aws.keep_volumes": "docs/aws.md#volumes",
  "placement.target.gcp": "docs/gce.md#what-is-launched",
  "placement.target.gcp.market": "docs/gce.md#spot-machines",
  "placement.target.gcp.termination_action": "docs/gce.md#spot-machines",
  "placement.target.gcp.on_host_maintenance": "docs/gce.md#host-maintenance",
  "placement.target.gcp.automatic_restart": "docs/gce.md#host-maintenance",
  "placement.target.gcp.shielded": "docs/gce.md#shielded-and-confidential-machines",
  "placement.target.gcp.confidential": "docs/gce.md#shielded-and-confidential-machines",
  "placement.target.gcp.network_tags": "docs/gce.md#access-and-network",
  "placement.target.gcp.service_account_scopes": "docs/gce.md#access-and-network",
  "placement.target.gcp.metadata": "docs/gce.md#access-and-network",
  "placement.target.gcp.network_interfaces": "docs/gce.md#access-and-network",
  "placement.target.gcp.reservation": "docs/gce.md#reservations",
  "placement.target.docker": "docs/docker.md#placement",
  environment: "docs/catalog.md#environment",
  "environment.data_disks": "docs/guest.md#disks",
  "environment.docker": "docs/docker.md#environment",
  "machine-type": "docs/catalog.md#machine-type",
  "disk-type": "docs/catalog.md#disk-type",
  "disk-type.spec.aws": "docs/aws.md#volumes",
  "disk-type.spec.gce": "docs/gce.md#disks",
  secret: "docs/catalog.md#secret",
  plan: "docs/plan.md",
  spawn: "docs/operations.md#states-of-a-spawn",
  event: "docs/operations.md#states-of-a-spawn",
  error: "docs/errors.md",
};

/** All paths that have a document of their own. */
export const DOCUMENTED_PATHS: readonly (readonly [path: string, document: string])[] =
  Object.entries(DOCUMENTS);

/** The document about a field, from the root of the package; null for an unknown document. */
export function documentOf(path: string): string | null {
  const steps = path.split(".");
  for (let count = steps.length; count > 0; count -= 1) {
    const document = DOCUMENTS[steps.slice(0, count).join(".")];
    if (document !== undefined) return document;
  }
  return null;
}
