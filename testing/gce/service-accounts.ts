import { numericId } from "./ids.ts";

/** The account that machines of a project act as where `default` is named. */
export function defaultServiceAccount(project: string): string {
  return `${numericId(project, "project").slice(0, 12)}-compute@developer.gserviceaccount.com`;
}
