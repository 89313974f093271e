/** auth/domain: what endpoints are made of: context, database access, passwords, tokens, sessions, errors, the user as JSON. */
export { clientOf, issueAccessToken, issuerOf } from './access-token.ts'
export type { Proof, SessionClient } from './access-token.ts'
export { createAttemptLimit, withRetryAfter } from './attempt-limit.ts'
export type { Allowance, AttemptLimit } from './attempt-limit.ts'
export { encodeBase32, isTotpCode, totpCode } from './totp.ts'
export { audit } from './audit.ts'
export type { Actor, AuditAction } from './audit.ts'
export { adminRoles, createContext, firstAudience, newId } from './auth-context.ts'
export type { AuthContext, AuthRuntime } from './auth-context.ts'
export { begin, causedBy, readAll, readRows, write } from './auth-database.ts'
export { isAnswer, parseCodeChallenge } from './code-challenge.ts'
export type { CodeChallenge } from './code-challenge.ts'
export { normalisePhone, parseEmail, parsePhone } from './contact-address.ts'
export { WeakPasswordError, authErrors } from './errors.ts'
export { evenly, refuseEvenly } from './even-timing.ts'
export { formatError } from './format-error.ts'
export { confirmationUrl, silentMailer } from './mailer.ts'
export type { AuthMail, MailAction, Mailer } from './mailer.ts'
export { createMailQueue } from './mail-queue.ts'
export type { MailQueue, MailQueueOptions, MailStats } from './mail-queue.ts'
export { hashCode, mayUseNonce, newCode, refuseTooSoon } from './one-time-code.ts'
export { OauthError } from './oauth-error.ts'
export { createPasswordHasher } from './password-hasher.ts'
export type { PasswordHasher, PasswordHasherOptions } from './password-hasher.ts'
export { isImportableHash } from './password-hash-formats.ts'
export { findWeakness, refuseTooLong, requireStrongPassword } from './password-strength.ts'
export { pageHeaders, readPage } from './page.ts'
export type { Page } from './page.ts'
export { readForm } from './read-form.ts'
export {
  countSending,
  limited,
  requireSendingAllowance,
  takeAllowance,
  takeSendingAllowance,
} from './rate-limits.ts'
export type { Bucket } from './rate-limits.ts'
export { readOptionalParams, readParams } from './read-params.ts'
export type { Params } from './read-params.ts'
export { postMail, requireMailRoom, sendMail } from './send-mail.ts'
export { newRefreshToken, planSession, sessionResponse } from './session-grant.ts'
export type { SessionGrant } from './session-grant.ts'
export { isRedirectAllowed, resolveRedirect, withParameters } from './redirect.ts'
export { requireAdmin } from './require-admin.ts'
export { askSilently } from './silent-mail.ts'
export { isUuid, nilUuid, requireToken, requireUser } from './signed-in-user.ts'
export type { SignedIn } from './signed-in-user.ts'
export {
  hasVerifiedFactor,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  renderUser,
  rfc3339,
} from './user-json.ts'
