import { readResourceLink } from "../image/links.ts";

/** The parts of a machine's id. */
export interface MachineReference {
  readonly project: string;
  readonly zone: string;
  readonly name: string;
}

/** `projects/P/zones/Z/instances/N`: the partial self-link. */
export function machineId({ project, zone, name }: MachineReference): string {
  return `projects/${project}/zones/${zone}/instances/${name}`;
}

/** Null for a text that is not a machine id. */
export function readMachineId(id: string): MachineReference | null {
  const link = readResourceLink(id);
  if (link === null || link.collection !== "instances") return null;
  const [kind, zone] = link.scope.split("/");
  if (kind !== "zones" || zone === undefined) return null;
  const reference = { project: link.project, zone, name: link.name };
  return machineId(reference) === id ? reference : null;
}
