/** data-api/response: from a plan and its outcome to an HTTP response. Pure. */
export { respond, respondExplain, respondInfo } from './respond.ts'
export { checkRows } from './checks.ts'
export { errorResponse } from './error-response.ts'
export { responseErrors } from './errors.ts'
export { readEstimate, readOutcome, withEstimate } from './outcome.ts'
export type { Outcome, StreamedBody } from './outcome.ts'
