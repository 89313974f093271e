/** A one-time token on its way to a user: the code, the rows that remember it, the PKCE flow, the mail. */
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { newId } from '#services/auth/core'
import type { AuthContext, AuthMail, CodeChallenge } from '#services/auth/core'
import { resolveRedirect } from '#services/auth/redirect'
import {
  insertFlowState,
  setConfirmationToken,
  setInvited,
  setRecoveryToken,
  upsertOneTimeToken,
} from '#services/auth/sql'
import { hashCode, newCode } from './one-time-code.ts'
import { forgetGuesses } from '#services/auth/limits'

export interface PlannedMail {
  readonly mail: AuthMail
  readonly statements: readonly Statement[]
}

/** The kinds of mail that sign in, and what their token stands for. */
const kinds = {
  signup: { column: 'confirmation_token', method: 'email/signup', provider: 'email' },
  invite: { column: 'confirmation_token', method: 'invite', provider: 'invite' },
  recovery: { column: 'recovery_token', method: 'recovery', provider: 'recovery' },
  magiclink: { column: 'recovery_token', method: 'magiclink', provider: 'magiclink' },
} as const

export interface Recipient {
  readonly userId: string
  readonly address: string
  readonly challenge: CodeChallenge | null
  /** The user's metadata, for templates. */
  readonly data: JsonObject
  /** `redirect_to` of a body. */
  readonly redirectTo?: string
}

export function planToken(
  context: AuthContext,
  action: keyof typeof kinds,
  recipient: Recipient,
): PlannedMail {
  const { config, project, now } = context
  const { userId, address, challenge } = recipient
  const code = newCode(project.random, config['auth.email.otp_length'])
  const hash = tokenHash(address, code, challenge)
  forgetGuesses(context, 'sign-in', address)
  const { column, method, provider } = kinds[action]
  const token = { id: newId(context), userId, hash, relatesTo: address, type: column }
  const remember = {
    signup: setConfirmationToken,
    invite: setInvited,
    recovery: setRecoveryToken,
    magiclink: setRecoveryToken,
  }[action]
  return {
    mail: {
      action,
      to: address,
      code,
      tokenHash: hash,
      redirectTo: resolveRedirect(context, recipient.redirectTo),
      email: address,
      newEmail: '',
      data: recipient.data,
    },
    statements: [
      ...planFlow(context, userId, challenge, provider, method),
      remember(userId, hash, now),
      upsertOneTimeToken(token, now),
    ],
  }
}

/** Remembers the code sent to a phone that is to be confirmed, or signed in with. */
export function planPhoneCode(
  context: AuthContext,
  userId: string,
  phone: string,
  code: string,
): Statement[] {
  const hash = hashCode(phone, code)
  forgetGuesses(context, 'sign-in', phone)
  const token = { id: newId(context), userId, hash, relatesTo: phone }
  return [
    setConfirmationToken(userId, hash, context.now),
    upsertOneTimeToken({ ...token, type: 'confirmation_token' }, context.now),
  ]
}

/** Links of a PKCE flow are told by the prefix of their token. */
export function tokenHash(address: string, code: string, challenge: CodeChallenge | null): string {
  return `${challenge === null ? '' : 'pkce_'}${hashCode(address, code)}`
}

/** Nothing for the implicit flow. */
export function planFlow(
  context: AuthContext,
  userId: string,
  challenge: CodeChallenge | null,
  providerType: string,
  authenticationMethod: string,
): Statement[] {
  if (challenge === null) return []
  const flow = {
    id: newId(context),
    userId,
    authCode: newId(context),
    providerType,
    authenticationMethod,
  }
  return [insertFlowState({ ...flow, ...challenge }, context.now)]
}
