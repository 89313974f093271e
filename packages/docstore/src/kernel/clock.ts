/** Time as an argument, so that tests need not wait. */

/** Milliseconds since 1970. */
export type Clock = () => number
export const systemClock: Clock = () => Date.now()
