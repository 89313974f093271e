/** observe: requests followed step by step, for traces and the log of slow ones. */
export { openObserver } from './open-observer.ts'
export type { Followed, RequestObserver } from './observer.ts'
