/** Marks elements that are text already. */
const WRITTEN = Symbol("written");

/** Elements that were written before, to be put in as they are. */
export interface WrittenXml {
  readonly [WRITTEN]: string;
}

/** What an element can hold: text, further elements by name, or a list, whose members are called `item`. */
export type XmlValue =
  | WrittenXml
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

/** Writes elements once, for several replies. */
export function writtenXml(fields: XmlFields): WrittenXml {
  // What was put together piece by piece stays in pieces, to be joined in every reply: this makes it one.
  return { [WRITTEN]: Buffer.from(xmlElements(fields)).toString() };
}

/** The elements as text. `null` and `undefined` are left out; an empty list or text is an empty element. */
export function xmlElements(fields: XmlFields): string {
  let text = "";
  // Entries of 100 instances would be thousands of small arrays: this is the path that must be fast.
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
  if (isWritten(value)) return value[WRITTEN];
  if (!isList(value)) return xmlElements(value);
  let text = "";
  for (const member of value) text += element("item", member);
  return text;
}

function isWritten(value: object): value is WrittenXml {
  return WRITTEN in value;
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

/** A whole successful reply. The two services wrap theirs differently. */
export function xmlReply(action: string, fields: XmlFields, of: Envelope): string {
  const root = `${action}Response`;
  if (of.service === "ec2")
    return `${PROLOGUE}<${root} xmlns="${EC2_NAMESPACE}"><requestId>${of.requestId}</requestId>${xmlElements(fields)}</${root}>`;
  return (
    `${PROLOGUE}<${root} xmlns="${STS_NAMESPACE}"><${action}Result>${xmlElements(fields)}</${action}Result>` +
    `<ResponseMetadata><RequestId>${of.requestId}</RequestId></ResponseMetadata></${root}>`
  );
}

/** A whole refusal, in the service's own form. */
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
