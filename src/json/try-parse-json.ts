/** The value of JSON text from a peer; undefined for any other text. The parser's own message would quote it. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (caught) {
    if (caught instanceof SyntaxError) return undefined;
    throw caught;
  }
}
