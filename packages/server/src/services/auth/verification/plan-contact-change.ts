/** A new email or phone number: applied at once where no confirmation is asked, else pending until mails are answered. */
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { newId, renderUser } from '#services/auth/core'
import type { AuthContext, AuthMail, CodeChallenge, SmsChannel } from '#services/auth/core'
import { resolveRedirect } from '#services/auth/redirect'
import { hashCode, newCode, planFlow, refuseTooSoon, tokenHash } from '#services/auth/messages'
import type { OutgoingCode } from '#services/auth/messages'
import {
  insertIdentity,
  refreshProviders,
  setEmailChange,
  setPhoneChange,
  updateIdentityData,
  upsertOneTimeToken,
} from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { adoptEmail, adoptPhone } from './statements.ts'
import { forgetGuesses } from '#services/auth/limits'

export interface ContactChange {
  readonly statements: readonly Statement[]
  readonly mails: readonly AuthMail[]
}

/** Only an anonymous user gets an email without confirming it, and only where sign-up would not ask for it either. */
export function planEmailChange(
  context: AuthContext,
  user: UserRow,
  email: string,
  challenge: CodeChallenge | null,
): ContactChange {
  if (user.is_anonymous && !context.config['auth.email.enable_confirmations']) {
    const data = { sub: user.id, email, email_verified: true, phone_verified: false }
    const statements = [
      addOwnIdentity(context, user, 'email', data),
      adoptEmail(user.id, email, context.now),
      refreshProviders(user.id, context.now),
    ]
    return { statements, mails: [] }
  }
  const interval = context.config['auth.email.max_frequency']
  refuseTooSoon(user.email_change_sent_at, interval, context.nowMs)
  return askBoth(context, user, email, challenge)
}

/** `auth.email.double_confirm_changes`: the old address has to agree too. */
function askBoth(
  context: AuthContext,
  user: UserRow,
  email: string,
  challenge: CodeChallenge | null,
): ContactChange {
  const { config, now } = context
  const old = user.email ?? ''
  const toNew = newToken(context, email, challenge)
  const toOld =
    config['auth.email.double_confirm_changes'] && old !== ''
      ? newToken(context, old, challenge)
      : null
  const hashes = { new: toNew.hash, current: toOld?.hash ?? '' }
  const base = { userId: user.id }
  return {
    statements: [
      ...planFlow(context, user.id, challenge, 'email_change', 'email_change'),
      setEmailChange(user.id, email, hashes, now),
      upsertOneTimeToken({ ...base, ...toNew, type: 'email_change_token_new' }, now),
      ...(toOld === null
        ? []
        : [upsertOneTimeToken({ ...base, ...toOld, type: 'email_change_token_current' }, now)]),
    ],
    mails: [toNew, ...(toOld === null ? [] : [toOld])].map((token) =>
      toMail(context, user, email, token),
    ),
  }
}

interface SentToken {
  readonly id: string
  readonly relatesTo: string
  readonly code: string
  readonly hash: string
}

function newToken(
  context: AuthContext,
  address: string,
  challenge: CodeChallenge | null,
): SentToken {
  const code = newCode(context.project.random, context.config['auth.email.otp_length'])
  const hash = tokenHash(address, code, challenge)
  forgetGuesses(context, 'change', address)
  return { id: newId(context), relatesTo: address, code, hash }
}

function toMail(
  context: AuthContext,
  user: UserRow,
  newEmail: string,
  { relatesTo, code, hash }: SentToken,
): AuthMail {
  return {
    action: 'email_change',
    to: relatesTo,
    code,
    tokenHash: hash,
    redirectTo: resolveRedirect(context),
    email: user.email ?? '',
    newEmail,
    data: user.raw_user_meta_data ?? {},
  }
}

/** Where numbers need no confirmation. */
export function planPhoneAdoption(context: AuthContext, user: UserRow, phone: string): Statement[] {
  const data = { sub: user.id, phone, email_verified: false, phone_verified: true }
  const identity = user.identities.some((own) => own['provider'] === 'phone')
    ? updateIdentityData(user.id, 'phone', { phone, phone_verified: true }, context.now)
    : addOwnIdentity(context, user, 'phone', data)
  return [identity, adoptPhone(user.id, phone, context.now), refreshProviders(user.id, context.now)]
}

/** Remembers the code that was sent to the new number. */
export function planPhoneChange(
  context: AuthContext,
  user: UserRow,
  phone: string,
  code: string,
): Statement[] {
  const hash = hashCode(phone, code)
  forgetGuesses(context, 'change', phone)
  const token = { id: newId(context), userId: user.id, hash, relatesTo: phone }
  return [
    setPhoneChange(user.id, phone, hash, context.now),
    upsertOneTimeToken({ ...token, type: 'phone_change_token' }, context.now),
  ]
}

/** The code on its way to a number that is to become the user's. */
export function toNewPhone(user: UserRow, phone: string, channel: SmsChannel): OutgoingCode {
  return {
    userId: user.id,
    user: renderUser(user),
    phone,
    channel,
    occasion: 'phone_change',
    sentAt: user.phone_change_sent_at,
  }
}

function addOwnIdentity(
  context: AuthContext,
  user: UserRow,
  provider: 'email' | 'phone',
  data: JsonObject,
): Statement {
  const identity = { id: newId(context), userId: user.id, provider, providerId: user.id, data }
  return insertIdentity(identity, context.now)
}
