/** Forms in which a peer may repeat a secret in a log line, an error document, a URL or a header. */
export const SECRET_FORMS: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in JSON": (secret) => JSON.stringify({ token: secret }),
  "in JSON of ASCII alone": (secret) => JSON.stringify(secret).replaceAll(/[^ -~]/g, unicodeEscape),
  "in JSON with every character escaped": (secret) =>
    [...utf16(secret)].map(unicodeEscape).join(""),
  "in JSON with escaped slashes": (secret) => JSON.stringify(secret).replaceAll("/", "\\/"),
  "in JSON inside JSON": (secret) => JSON.stringify(JSON.stringify({ token: secret })),
  "in a query": (secret) => `token=${encodeURIComponent(secret)}&scope=pull`,
  "in a path": (secret) => encodeURI(secret),
  "in a form": (secret) => new URLSearchParams({ token: secret }).toString(),
  "in percents alone": (secret) => percents(secret).toUpperCase(),
  "in percents alone, in lower case": (secret) => percents(secret),
  "in a URL inside a URL": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "in a URL inside JSON": (secret) => JSON.stringify({ next: encodeURIComponent(secret) }),
  "in JSON inside a URL": (secret) => encodeURIComponent(JSON.stringify({ token: secret })),
  "in HTML": (secret) => secret.replaceAll(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`),
  "in hexadecimal": (secret) => Buffer.from(secret).toString("hex"),
  "in upper-case hexadecimal": (secret) => Buffer.from(secret).toString("hex").toUpperCase(),
  "in base64": (secret) => Buffer.from(secret).toString("base64"),
  "in base64 without padding": (secret) => unpadded(Buffer.from(secret).toString("base64")),
  "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
  "in base64 in a URL": (secret) => encodeURIComponent(Buffer.from(secret).toString("base64")),
  "in a Basic header": (secret) => `Basic ${Buffer.from(`robot:${secret}`).toString("base64")}`,
  "in base64, one byte on": (secret) => Buffer.from(`a${secret}bc`).toString("base64"),
  "in base64url, two bytes on": (secret) => Buffer.from(`ab${secret}c`).toString("base64url"),
  "in base64 of a document": (secret) =>
    Buffer.from(`{"username":"robot","password":"${secret}"}`).toString("base64"),
  // A URL's scheme and host are read in lower case.
  "in lower case": (secret) => secret.toLowerCase(),
};

function* utf16(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) yield text.charAt(at);
}

function unicodeEscape(character: string): string {
  return [...utf16(character)]
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

function percents(text: string): string {
  return [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
}

function unpadded(base64: string): string {
  return base64.replaceAll("=", "");
}
