/**
 * Standard error belongs to the program, so the SDK logs nothing. An object without methods, or the SDK's own silent
 * logger, would not do: in their place parts of the SDK use the console.
 */
export const SILENT_LOGGER = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};
