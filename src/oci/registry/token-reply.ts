import { goMembers } from "../../json/go-members.ts";
import { BodyTooLargeError, readBody } from "./body.ts";
import type { HttpResponse } from "./transport.ts";
import { tryParseJson } from "../../json/try-parse-json.ts";

/** A token service's answer. */
export interface TokenReply {
  readonly token: string;
  /** The token's announced lifetime in seconds; null if it announces none. */
  readonly expiresIn: number | null;
}

const LARGEST_REPLY = 256 * 1024;
/** The characters that an `Authorization` header can hold. */
const TOKEN = /^[\u0021-\u007e]+$/;

/** The body of a token service's answer; null if it is too long for one. */
export async function readTokenBody(response: HttpResponse): Promise<Uint8Array | null> {
  try {
    return await readBody(response, LARGEST_REPLY);
  } catch (caught) {
    if (caught instanceof BodyTooLargeError) return null;
    throw caught;
  }
}

/**
 * Reads a token document (distribution's token and OAuth2 specifications). Its clients are written in Go, so an empty
 * member is an absent one: Harbor sends `access_token: ""` beside `token`. Services send `expires_in` also as text.
 *
 * @returns null if the document holds no usable token
 */
export function readTokenReply(body: Uint8Array): TokenReply | null {
  const document = tryParseJson(new TextDecoder().decode(body));
  if (typeof document !== "object" || document === null) return null;
  const members = goMembers(document, ["token", "access_token", "expires_in"]);
  const { access_token: accessToken, token, expires_in: expiresIn } = members;
  const texts = [accessToken, token].filter((one) => typeof one === "string");
  const usable = texts.find((text) => TOKEN.test(text));
  return usable === undefined ? null : { token: usable, expiresIn: seconds(expiresIn) };
}

function seconds(value: unknown): number | null {
  const number = typeof value === "string" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) && number > 0 ? number : null;
}
