import { projectNumber } from "./ids.ts";

/** The service account that `default` stands for in a project. */
export function defaultServiceAccount(project: string): string {
  return `${projectNumber(project)}-compute@developer.gserviceaccount.com`;
}
