/**
 * Matches a text against a pattern: `*` stands for any characters, `?` for one character, and a backslash escapes
 * either. The time is proportional to the product of the lengths, for every pattern.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  // Most patterns have no wildcard and are matched against thousands of instances.
  if (!/[\\*?]/u.test(pattern)) return pattern === text;
  const parts = globParts(pattern);
  let part = 0;
  let at = 0;
  let star = -1;
  let retryAt = 0;
  while (at < text.length) {
    const current = parts[part];
    if (current?.kind === "any") {
      star = part;
      part += 1;
      retryAt = at;
    } else if (current?.kind === "one" || current?.character === text[at]) {
      part += 1;
      at += 1;
    } else if (star >= 0) {
      part = star + 1;
      retryAt += 1;
      at = retryAt;
    } else return false;
  }
  return parts.slice(part).every(({ kind }) => kind === "any");
}

interface GlobPart {
  readonly kind: "any" | "one" | "character";
  readonly character: string | null;
}

function globParts(pattern: string): readonly GlobPart[] {
  const parts: GlobPart[] = [];
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "\\" && at + 1 < pattern.length) {
      at += 1;
      parts.push({ kind: "character", character: pattern.charAt(at) });
    } else if (character === "*") parts.push({ kind: "any", character: null });
    else if (character === "?") parts.push({ kind: "one", character: null });
    else parts.push({ kind: "character", character });
  }
  return parts;
}
