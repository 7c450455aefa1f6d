import type { ErrorCode } from "yaml";

/**
 * A message for each of the parser's error codes. The parser's own messages are not used: they quote the input, which
 * may be a secret.
 */
export const SYNTAX_FAULTS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias must not have a tag or an anchor",
  BAD_ALIAS: "an alias or anchor that is empty or ends in a colon",
  BAD_COLLECTION_TYPE: "a tag that does not fit its value",
  BAD_DIRECTIVE: "an unknown directive",
  BAD_DQ_ESCAPE: "an unknown escape sequence",
  BAD_INDENT: "this must be indented like its siblings, and a bracket must be closed further in",
  BAD_PROP_ORDER: "an anchor or tag must come after the indicator",
  BAD_SCALAR_START: "an unquoted string must not start with this character: quote it",
  BLOCK_AS_IMPLICIT_KEY:
    "a map or list must start on a new line (or quote a string that contains a colon)",
  BLOCK_IN_FLOW: "a block inside of brackets",
  DUPLICATE_KEY: "a duplicate key",
  IMPOSSIBLE: "not valid YAML",
  KEY_OVER_1024_CHARS: "a key of more than 1024 characters",
  MISSING_CHAR: "a quote, bracket, comma, colon or space is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line",
  MULTIPLE_ANCHORS: "two anchors on one value",
  MULTIPLE_DOCS: "more than one document",
  MULTIPLE_TAGS: "two tags on one value",
  NON_STRING_KEY: "a key must be a string",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab in the indentation: use spaces",
  TAG_RESOLVE_FAILED: "tags are not supported",
  UNEXPECTED_TOKEN: "an unexpected token",
};
