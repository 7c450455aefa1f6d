const NAMED: ReadonlyMap<string, string> = new Map([
  ["&nbsp;", " "],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&#39;", "'"],
  ["&apos;", "'"],
  // Last: `&amp;lt;` is the text `&lt;`.
  ["&amp;", "&"],
]);
/** Elements whose content is not shown, or is the page's title. */
const HIDDEN: ReadonlySet<string> = new Set(["script", "style", "title"]);

/**
 * The words that a web page shows, without its title. Web servers write their reason into the page, and only the status
 * into its title. It reads every character once: a page comes from a stranger.
 */
export function pageText(page: string): string {
  const words: string[] = [];
  let hidden: string | null = null;
  for (const part of page.split("<").slice(1)) {
    const [, tag = ""] = /^(\/?[a-z][a-z0-9]*)/i.exec(part) ?? [];
    const name = tag.toLowerCase();
    if (hidden !== null && name !== `/${hidden}`) continue;
    hidden = HIDDEN.has(name) ? name : null;
    if (hidden === null) words.push(part.slice(part.indexOf(">") + 1));
  }
  const text = [...NAMED].reduce(
    (rest, [entity, sign]) => rest.replaceAll(entity, sign),
    words.join(" "),
  );
  return text.replaceAll(/\s+/g, " ").trim();
}
