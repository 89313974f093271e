/** auth/limits: how often somebody may ask, whether somebody is human, how long an answer takes. */
export { createAttemptLimit, withRetryAfter } from './attempt-limit.ts'
export { requireCaptcha, withCaptcha } from './captcha.ts'
export { limitErrors } from './errors.ts'
export { evenly, refuseEvenly } from './even-timing.ts'
export {
  countSending,
  limited,
  requireSendingAllowance,
  takeAllowance,
  takeSendingAllowance,
} from './rate-limits.ts'
export { forgetGuesses, takeGuess } from './code-guesses.ts'
