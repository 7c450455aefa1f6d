/**
 * The aliases of `gcloud compute instances create --scopes`, as Google Cloud CLI expands them.
 * https://cloud.google.com/sdk/gcloud/reference/compute/instances/create#--scopes
 */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  bigquery: ["bigquery"],
  "cloud-platform": ["cloud-platform"],
  "cloud-source-repos": ["source.full_control"],
  "cloud-source-repos-ro": ["source.read_only"],
  "compute-ro": ["compute.readonly"],
  "compute-rw": ["compute"],
  datastore: ["datastore"],
  default: [
    "devstorage.read_only",
    "logging.write",
    "monitoring.write",
    "pubsub",
    "service.management.readonly",
    "servicecontrol",
    "trace.append",
  ],
  "gke-default": [
    "devstorage.read_only",
    "logging.write",
    "monitoring",
    "service.management.readonly",
    "servicecontrol",
    "trace.append",
  ],
  "logging-write": ["logging.write"],
  monitoring: ["monitoring"],
  "monitoring-read": ["monitoring.read"],
  "monitoring-write": ["monitoring.write"],
  pubsub: ["pubsub"],
  "service-control": ["servicecontrol"],
  "service-management": ["service.management.readonly"],
  sql: ["sqlservice"],
  "sql-admin": ["sqlservice.admin"],
  "storage-full": ["devstorage.full_control"],
  "storage-ro": ["devstorage.read_only"],
  "storage-rw": ["devstorage.read_write"],
  taskqueue: ["taskqueue"],
  trace: ["trace.append"],
  "userinfo-email": ["userinfo.email"],
};

export const SCOPE_ALIASES: readonly string[] = Object.keys(ALIASES);

/** The scopes of a list of aliases and addresses, without duplicates: the API takes addresses only. */
export function scopeAddresses(scopes: readonly string[]): readonly string[] {
  const all = scopes.flatMap((scope) =>
    Object.hasOwn(ALIASES, scope)
      ? (ALIASES[scope] ?? []).map((name) => `https://www.googleapis.com/auth/${name}`)
      : [scope],
  );
  return [...new Set(all)];
}
