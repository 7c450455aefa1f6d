import { readResourceLink } from "../image/links.ts";

/** What a machine's id says. */
export interface MachineReference {
  readonly project: string;
  readonly zone: string;
  readonly name: string;
}

/** `projects/P/zones/Z/instances/N`: the partial self-link. */
export function machineId({ project, zone, name }: MachineReference): string {
  return `projects/${project}/zones/${zone}/instances/${name}`;
}

/** Null for what can be no machine's id. */
export function readMachineId(id: string): MachineReference | null {
  const link = readResourceLink(id);
  if (link === null || link.collection !== "instances") return null;
  const [kind, zone] = link.scope.split("/");
  if (kind !== "zones" || zone === undefined) return null;
  const reference = { project: link.project, zone, name: link.name };
  return machineId(reference) === id ? reference : null;
}
