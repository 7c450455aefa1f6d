/** The API's own form: `Invalid value for field 'resource.machineType': '…'. …` */
const INVALID_FIELD = /Invalid value for field '(?:[^']*\.)?([a-zA-Z]+)': /;

/** The last part of the field whose value Compute Engine refuses; empty for any other message. */
export function invalidField(message: string): string {
  return INVALID_FIELD.exec(message)?.[1] ?? "";
}
