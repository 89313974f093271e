/** The mail that asks a new user to confirm an address: its code, its token, its PKCE flow. */
import type { Statement } from '#sql'
import { hashCode, newCode, newId } from '#auth/domain'
import type { AuthContext, AuthMail, CodeChallenge } from '#auth/domain'
import { insertFlowState, setConfirmationToken, upsertOneTimeToken } from '#auth/sql'

export interface PlannedMail {
  readonly mail: AuthMail
  readonly statements: readonly Statement[]
}

export function planConfirmation(
  context: AuthContext,
  userId: string,
  { address, challenge }: { readonly address: string; readonly challenge: CodeChallenge | null },
): PlannedMail {
  const { config, project, now } = context
  const code = newCode(project.random, config['auth.email.otp_length'])
  const hash = tokenHash(address, code, challenge)
  const token = { id: newId(context), userId, hash, relatesTo: address }
  return {
    mail: {
      action: 'signup',
      to: address,
      code,
      tokenHash: hash,
      redirectTo: context.query.get('redirect_to') ?? config['auth.site_url'],
    },
    statements: [
      ...planFlow(context, userId, challenge, 'email', 'email/signup'),
      setConfirmationToken(userId, hash, now),
      upsertOneTimeToken({ ...token, type: 'confirmation_token' }, now),
    ],
  }
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
