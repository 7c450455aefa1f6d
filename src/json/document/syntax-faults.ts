import type { ErrorCode } from "yaml";

/**
 * What is wrong with a text that is no YAML, by the parser's code. Not in the parser's own words: those quote the
 * input, and the input may be a secret.
 */
export const SYNTAX_FAULTS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: "an alias must not have a tag or an anchor",
  BAD_ALIAS: "an alias or anchor that is empty or ends in a colon",
  BAD_COLLECTION_TYPE: "a tag that does not fit its value",
  BAD_DIRECTIVE: "a directive that YAML does not have",
  BAD_DQ_ESCAPE: "an escape sequence that YAML does not have",
  BAD_INDENT: "this must be indented like its siblings, and a bracket must be closed further in",
  BAD_PROP_ORDER: "an anchor or tag must come after the indicator",
  BAD_SCALAR_START: "a plain text must not begin with this character: quote it",
  BLOCK_AS_IMPLICIT_KEY: "a map or list must begin on a line of its own",
  BLOCK_IN_FLOW: "a block inside of brackets",
  DUPLICATE_KEY: "a key that is given twice",
  IMPOSSIBLE: "not valid YAML",
  KEY_OVER_1024_CHARS: "a key of more than 1024 characters",
  MISSING_CHAR: "a quote, bracket, comma, colon or space is missing",
  MULTILINE_IMPLICIT_KEY: "a key must be on one line",
  MULTIPLE_ANCHORS: "two anchors on one value",
  MULTIPLE_DOCS: "several documents where one belongs",
  MULTIPLE_TAGS: "two tags on one value",
  NON_STRING_KEY: "a key must be a text",
  RESOURCE_EXHAUSTION: "nested too deeply",
  TAB_AS_INDENT: "a tab where spaces belong",
  TAG_RESOLVE_FAILED: "a tag: values are written without one",
  UNEXPECTED_TOKEN: "something that does not belong here",
};
