/**
 * For values that are read once or a few times: zod would first compile a parser for their shape, which takes a hundred
 * times as long as to read one of them without.
 */
export const READ_SELDOM = { jitless: true } as const;
