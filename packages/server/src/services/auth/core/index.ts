/** auth/core: what every room stands on: context, ports, database access, errors, parameters, audit, who asks, the user as JSON. */
export { audit } from './audit.ts'
export type { AuditAction } from './audit.ts'
export { createContext, firstAudience, newId } from './auth-context.ts'
export type { AuthContext } from './auth-context.ts'
export { begin, causedBy, readAll, readRows, write } from './auth-database.ts'
export { authUrl, confirmationUrl, encodeNonAscii } from './auth-url.ts'
export { isAnswer, parseCodeChallenge } from './code-challenge.ts'
export type { CodeChallenge } from './code-challenge.ts'
export { normalisePhone, parseEmail, parsePhone } from './contact-address.ts'
export { authErrors, HookRefusal, WeakPasswordError } from './errors.ts'
export { findUserForAdmin } from './find-user-for-admin.ts'
export { formatError } from './format-error.ts'
export type {
  AuthMail,
  AuthSms,
  MailAction,
  Mailer,
  MailQueue,
  Notice,
  NoticeFields,
  QueuedMail,
  SmsChannel,
  SmsProvider,
  SmsSender,
} from './message-ports.ts'
export { OauthError } from './oauth-error.ts'
export { pageHeaders, readPage } from './page.ts'
export { forClients, forPermanentUsers } from './admitted-users.ts'
export { hasNul, maxBodyBytes, readBody, readForm } from './read-body.ts'
export { readOptionalParams, readParams } from './read-params.ts'
export type { Params } from './read-params.ts'
export { administrator, requireAdmin } from './require-admin.ts'
export type { Allowance, AttemptLimit, AuthRuntime, PasswordHasher } from './runtime.ts'
export { isUuid, nilUuid, requireUser } from './signed-in-user.ts'
export type { SignedIn } from './signed-in-user.ts'
export {
  hasVerifiedFactor,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  renderUser,
  rfc3339,
} from './user-json.ts'
export { isOfThisMachine } from './client-address.ts'
