/** Requests presets make: the user's JSON by access token, the user of an ID token. */
import { getJson, ProviderFailure } from '#services/auth/outside'
import { userOfIdToken } from './id-token-user.ts'
import { verifyIdToken } from './id-token.ts'
import type { ProviderSession } from './preset.ts'
import type { ProviderUser } from './provider-user.ts'

/** The JSON behind `url`, as the user. */
export function fetchUser(
  { outgoing, tokens }: ProviderSession,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const authorization = `Bearer ${tokens.accessToken}`
  return getJson(outgoing, url, { authorization, ...headers })
}

/** The user of the ID token that came with the access token, under the issuer it must have. */
export async function readIdToken(
  session: ProviderSession,
  issuer: string,
  spellings: readonly string[] = [issuer],
): Promise<ProviderUser> {
  const { tokens, settings, clock, discover } = session
  if (tokens.idToken === '') throw new ProviderFailure('no ID token came back')
  const claims = await verifyIdToken(tokens.idToken, await discover(issuer), {
    issuers: spellings,
    audiences: settings.clientIds,
    accessToken: tokens.accessToken,
    clock,
  })
  return userOfIdToken(claims)
}
