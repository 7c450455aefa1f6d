import { numericId } from "./ids.ts";

/** The service account that `default` stands for in a project. */
export function defaultServiceAccount(project: string): string {
  return `${numericId(project, "project").slice(0, 12)}-compute@developer.gserviceaccount.com`;
}
