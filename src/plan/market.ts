/** Where a placement buys its machines. */
export const MARKETS = ["ON_DEMAND", "SPOT", "SPOT_THEN_ON_DEMAND"] as const;
export type Market = (typeof MARKETS)[number];
