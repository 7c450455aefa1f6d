import { expect, it } from "vitest";
import { operationError } from "../../../../../adapters/gce/errors/errors.ts";

it.each([
  ["cpus", "CPUS-per-project-region", { region: "us-central1" }, "type-in-market"],
  ["n2_cpus", "N2-CPUS-per-project-region", { region: "us-central1" }, "type-in-market"],
  [
    "cpus_per_vm_family",
    "CPUS-PER-VM-FAMILY-per-project-region",
    { region: "r", vm_family: "N4" },
    "type-in-market",
  ],
  ["nvidia_t4_gpus", "NVIDIA-T4-GPUS-per-project-region", { region: "r" }, "type-in-market"],
  ["preemptible_cpus", "PREEMPTIBLE-CPUS-per-project-region", { region: "r" }, "type-in-market"],
  [
    "preemptible_nvidia_t4_gpus",
    "PREEMPTIBLE-NVIDIA-T4-GPUS-per-project-region",
    { region: "r" },
    "type-in-market",
  ],
  [
    "preemptible_local_ssd_gb",
    "PREEMPTIBLE-LOCAL-SSD-GB-per-project-region",
    { region: "r" },
    "market",
  ],
  ["gpus_all_regions", "GPUS-ALL-REGIONS-per-project", {}, "type-in-market"],
  ["instances", "INSTANCES-per-project-region", { region: "r" }, "region"],
  ["snapshots", "SNAPSHOTS-per-project", {}, "account"],
  ["hdb_total_gb", "HDB-TOTAL-GB-per-project-zone", { zone: "us-central1-a" }, "zone"],
])("for a quota of %s (%s) counts for what it is for", (metric, limitName, dimensions, radius) => {
  const metricName = `compute.googleapis.com/${metric}`;
  const quota = { metricName, limitName, dimensions, limit: 8 };
  const retry = radius === "region" || radius === "account" ? "never" : "next-candidate";
  const error = [{ code: "QUOTA_EXCEEDED", message: "Quota exceeded.", quota }];
  const judged = operationError({ error, httpErrorStatusCode: 403 }, "making a machine");
  expect(judged).toMatchObject({ reason: "QUOTA_EXCEEDED", blastRadius: radius, retry });
  expect(judged.remedy).toContain(limitName);
  // Compute Engine itself suggests another zone.
  expect(judged.remedy?.includes("another region has its own")).toBe("region" in dimensions);
  expect(judged.metadata["quota"]).toEqual({
    metric: metricName,
    limit_name: limitName,
    limit: 8,
    dimensions,
  });
});
