import type { MetadataFolder } from "../../server/metadata.ts";
import { projectNumber } from "../ids.ts";
import type { Instance, Project } from "../records.ts";

/** Everything that a VM can read about itself below `/computeMetadata/v1`. */
export function metadataTree(project: Project, instance: Instance): MetadataFolder {
  const number = projectNumber(project.id);
  const { name, zone, scheduling } = instance;
  return {
    instance: {
      attributes: Object.fromEntries(instance.metadata.map(({ key, value }) => [key, value])),
      description: instance.description ?? "",
      disks: Object.fromEntries(
        instance.disks.map(({ deviceName, mode }, index) => [
          String(index),
          { "device-name": deviceName, index: String(index), mode, type: "PERSISTENT" },
        ]),
      ),
      hostname: instance.hostname ?? `${name}.${zone}.c.${project.id}.internal`,
      id: instance.id,
      image: bootImage(project, instance),
      "machine-type": `projects/${number}/machineTypes/${instance.machineType}`,
      name,
      "network-interfaces": networkInterfaces(project, instance),
      preempted: "FALSE",
      scheduling: {
        "automatic-restart": String(scheduling.automaticRestart).toUpperCase(),
        "on-host-maintenance": scheduling.onHostMaintenance,
        preemptible: String(scheduling.preemptible).toUpperCase(),
      },
      tags: JSON.stringify(instance.tags),
      zone: `projects/${number}/zones/${zone}`,
    },
    project: { attributes: {}, "numeric-project-id": number, "project-id": project.id },
  };
}

function bootImage(project: Project, { disks, zone }: Instance): string {
  const boot = disks.find((disk) => disk.boot);
  return project.disks.get(`${zone}/${boot?.diskName ?? ""}`)?.sourceImage ?? "";
}

function networkInterfaces(project: Project, { networks }: Instance): MetadataFolder {
  const number = projectNumber(project.id);
  return Object.fromEntries(
    networks.map(({ network, networkIp, external }, index) => [
      String(index),
      {
        ...(external === null
          ? {}
          : { "access-configs": { 0: { "external-ip": external.natIp } } }),
        ip: networkIp,
        network: network.replace(/^projects\/[^/]+\/global/, `projects/${number}`),
      },
    ]),
  );
}
