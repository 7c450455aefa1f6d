import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";

export interface DiffSide {
  readonly title: string;
  readonly text: string;
}

/** The unified diff of two texts, or an empty text if they are equal. */
export function unifiedDiff(before: DiffSide, after: DiffSide): string {
  if (before.text === after.text) return "";
  const patch = structuredPatch(before.title, after.title, before.text, after.text, "", "", {
    context: 3,
  });
  return formatPatch(patch, FILE_HEADERS_ONLY);
}
