/** For values that are parsed only a few times: compiling zod's parser takes a hundred times as long as one parse. */
export const WITHOUT_COMPILING = { jitless: true } as const;
