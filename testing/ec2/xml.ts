/** Marks values that are serialized already. */
const SERIALIZED = Symbol("written");

/** Elements that are serialized already and are inserted unchanged. */
export interface SerializedXml {
  readonly [SERIALIZED]: string;
}

/** Content of an element: text, child elements by name, or a list, whose elements are called `item`. */
export type XmlValue =
  | SerializedXml
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

export type XmlFields = { readonly [name: string]: XmlValue };

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#xD;",
};

/** Serializes elements once, for use in several replies. */
export function serializeXml(fields: XmlFields): SerializedXml {
  // A string built by concatenation stays a rope that every reply would flatten again; this flattens it once.
  return { [SERIALIZED]: Buffer.from(xmlElements(fields)).toString() };
}

/** The elements as text. `null` and `undefined` are omitted; an empty list or text becomes an empty element. */
export function xmlElements(fields: XmlFields): string {
  let text = "";
  // Hot path: `Object.entries` would create thousands of small arrays for 100 instances.
  for (const name in fields) if (Object.hasOwn(fields, name)) text += element(name, fields[name]);
  return text;
}

function element(name: string, value: XmlValue): string {
  if (value === null || value === undefined) return "";
  const content = contentOf(value);
  return content === "" ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function contentOf(value: Exclude<XmlValue, null | undefined>): string {
  if (typeof value === "string") return escapeText(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (isSerialized(value)) return value[SERIALIZED];
  if (!isList(value)) return xmlElements(value);
  let text = "";
  for (const member of value) text += element("item", member);
  return text;
}

function isSerialized(value: object): value is SerializedXml {
  return SERIALIZED in value;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

function escapeText(text: string): string {
  return /[&<>"\r]/.test(text)
    ? text.replaceAll(/[&<>"\r]/g, (character) => ENTITIES[character] ?? character)
    : text;
}

const EC2_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/";
const STS_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

export type ServiceName = "ec2" | "sts";

interface Envelope {
  readonly service: ServiceName;
  readonly requestId: string;
}

/** A complete successful reply. The two services use different envelopes. */
export function xmlReply(action: string, fields: XmlFields, of: Envelope): string {
  const root = `${action}Response`;
  if (of.service === "ec2")
    return `${PROLOGUE}<${root} xmlns="${EC2_NAMESPACE}"><requestId>${of.requestId}</requestId>${xmlElements(fields)}</${root}>`;
  return (
    `${PROLOGUE}<${root} xmlns="${STS_NAMESPACE}"><${action}Result>${xmlElements(fields)}</${action}Result>` +
    `<ResponseMetadata><RequestId>${of.requestId}</RequestId></ResponseMetadata></${root}>`
  );
}

/** A complete error reply, in the service's own format. */
export function xmlFailure(
  failure: { readonly code: string; readonly message: string; readonly status: number },
  of: Envelope,
): string {
  const words = { Code: failure.code, Message: failure.message };
  if (of.service === "ec2")
    return `${PROLOGUE}${xmlElements({ Response: { Errors: { Error: words }, RequestID: of.requestId } })}`;
  const error = { Type: failure.status < 500 ? "Sender" : "Receiver", ...words };
  return (
    `${PROLOGUE}<ErrorResponse xmlns="${STS_NAMESPACE}">` +
    `${xmlElements({ Error: error, RequestId: of.requestId })}</ErrorResponse>`
  );
}
