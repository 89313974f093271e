/** auth/domain: what endpoints are made of: context, database access, passwords, tokens, sessions, errors, the user as JSON. */
export { clientOf, issueAccessToken, issueInTransaction, issuerOf } from './access-token.ts'
export type { IssuedToken, Proof, SessionClient } from './access-token.ts'
export { reportFactorAttempt, reportPasswordAttempt } from './attempt-hooks.ts'
export type { FactorAttempt } from './attempt-hooks.ts'
export { createAttemptLimit, withRetryAfter } from './attempt-limit.ts'
export type { Allowance, AttemptLimit } from './attempt-limit.ts'
export { encodeBase32, isTotpCode, totpCode } from './totp.ts'
export { audit } from './audit.ts'
export type { Actor, AuditAction } from './audit.ts'
export { adminRoles, createContext, firstAudience, newId } from './auth-context.ts'
export type { AuthContext, AuthRuntime } from './auth-context.ts'
export { begin, causedBy, readAll, readRows, write } from './auth-database.ts'
export { OutsideError, callOutside, parseObject } from './call-outside.ts'
export type { OutsideAnswer, OutsideRequest } from './call-outside.ts'
export { requireCaptcha, withCaptcha } from './captcha.ts'
export { isAnswer, parseCodeChallenge } from './code-challenge.ts'
export type { CodeChallenge } from './code-challenge.ts'
export { normalisePhone, parseEmail, parsePhone } from './contact-address.ts'
export { WeakPasswordError, authErrors } from './errors.ts'
export { findHook } from './hook-target.ts'
export { evenly, refuseEvenly } from './even-timing.ts'
export { formatError } from './format-error.ts'
export { authUrl, confirmationUrl, silentMailer } from './mailer.ts'
export type { AuthMail, MailAction, Mailer, Notice, NoticeFields } from './mailer.ts'
export { notify } from './notify.ts'
export { createMailQueue } from './mail-queue.ts'
export type { MailQueue, MailQueueOptions, MailStats } from './mail-queue.ts'
export { hashCode, mayUseNonce, newCode, refuseTooSoon } from './one-time-code.ts'
export { defaultOutside } from './outside.ts'
export type { Outside } from './outside.ts'
export { OauthError } from './oauth-error.ts'
export { createPasswordHasher, nobodysHash } from './password-hasher.ts'
export type { PasswordHasher, PasswordHasherOptions } from './password-hasher.ts'
export { isImportableHash } from './password-hash-formats.ts'
export { findWeakness, refuseTooLong, requireStrongPassword } from './password-strength.ts'
export { forPermanentUsers } from './permanent-users.ts'
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
export { postMail, requireMailRoom, sendMails, writeAndSend } from './send-mail.ts'
export { parseChannel, refuseSmsTooSoon, textAndWrite, textFactorCode } from './send-sms.ts'
export type { OutgoingCode } from './send-sms.ts'
export { asksProvider, smsCodeSeconds, smsProviderOf } from './sms-sender.ts'
export type { AuthSms, SmsChannel, SmsProvider, SmsSender } from './sms-sender.ts'
export {
  issueFor,
  newRefreshToken,
  planSession,
  sessionResponse,
  writeSignIn,
} from './session-grant.ts'
export type { GrantedSession, SessionGrant } from './session-grant.ts'
export { askSilently } from './silent-mail.ts'
export { isRedirectAllowed, resolveRedirect, withParameters } from './redirect.ts'
export { administrator, requireAdmin } from './require-admin.ts'
export { isUuid, nilUuid, requireToken, requireUser } from './signed-in-user.ts'
export type { SignedIn } from './signed-in-user.ts'
export { afterUserCreated, beforeUserCreated } from './user-hooks.ts'
export type { UserDraft } from './user-hooks.ts'
export {
  ceremonyMs,
  checkCreation,
  checkUse,
  creationOptions,
  relyingPartyOf,
  requestOptions,
} from './webauthn.ts'
export type { Credential, KeyOwner, RelyingParty, UsedKey } from './webauthn.ts'
export {
  hasVerifiedFactor,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  renderUser,
  rfc3339,
} from './user-json.ts'
