/** POST /token?grant_type=web3: a message signed by a wallet (supabase/auth internal/api/web3.go). */
import type { HttpResponse } from '#base/http'
import { audit, authErrors, begin, OauthError, readParams } from '#services/auth/core'
import type { AuthContext, Params } from '#services/auth/core'
import { isRedirectAllowed } from '#services/auth/redirect'
import {
  BadMessage,
  isSignedByEthereum,
  isSignedBySolana,
  parseSignInMessage,
} from '#services/auth/external/web3'
import type { Chain, SignInMessage } from '#services/auth/external/web3'
import {
  announceExternalUser,
  reportExternalUser,
  retryOnConflict,
  signInExternally,
} from '#services/auth/linking'
import type { ProviderUser } from '#services/auth/provider'
import { issueInTransaction, planSession, sessionResponse } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { externalErrors } from './errors.ts'

const shape = { message: 'text', signature: 'text', chain: 'text' } as const
const validityMs = 600_000
const maxBytes = 20 * 1024
const names: Readonly<Record<Chain, string>> = { ethereum: 'Ethereum', solana: 'Solana' }

const invalid = (message: string) => authErrors.invalid({ message })
const refuse = (description: string) => new OauthError('invalid_grant', description)

export async function grantByWeb3(context: AuthContext): Promise<HttpResponse> {
  const { config } = context
  const on = {
    solana: config['auth.web3.solana.enabled'],
    ethereum: config['auth.web3.ethereum.enabled'],
  }
  if (!on.solana && !on.ethereum) throw externalErrors.web3Disabled({ chain: '' })
  const params = await readParams(context.request, shape)
  const { chain } = params
  if (chain !== 'solana' && chain !== 'ethereum') throw externalErrors.unsupportedChain()
  if (!on[chain]) throw externalErrors.web3Disabled({ chain: `${names[chain]} ` })
  const message = await readMessage(params, chain)
  checkPlace(context, message, names[chain])
  checkTime(context, message, names[chain])
  return grant(context, message, chain)
}

/** The message, once it is certain that the address signed it. */
async function readMessage(
  { message: text, signature }: Params<typeof shape>,
  chain: Chain,
): Promise<SignInMessage> {
  const length = Buffer.byteLength(text)
  if (length < 64) throw invalid('message is too short')
  if (length > maxBytes) throw invalid('message must not exceed 20KB')
  const bytes = chain === 'solana' ? decodeBase64(signature) : checkHex(signature)
  const message = parse(text, chain)
  const isSigned =
    typeof bytes === 'string'
      ? await isSignedByEthereum(message, bytes)
      : isSignedBySolana(message, bytes)
  if (!isSigned) throw refuse('Signature does not match address in message')
  return message
}

function parse(text: string, chain: Chain): SignInMessage {
  try {
    return parseSignInMessage(text, chain)
  } catch (error) {
    throw error instanceof BadMessage ? invalid(error.message) : error
  }
}

function decodeBase64(signature: string): Uint8Array {
  if (signature.length !== 86 && signature.length !== 88) {
    throw invalid('signature must be 64 bytes encoded as base64 with or without padding')
  }
  if (!/^[A-Za-z0-9+/_-]{86}(==)?$/.test(signature)) {
    throw invalid('signature does not contain valid base64 characters')
  }
  return Buffer.from(signature, 'base64')
}

function checkHex(signature: string): string {
  if (signature.replace(/^0x/, '').length === 130) return signature
  throw invalid(
    'signature must be 65 bytes long, encoded as a 130 character-long hexadecimal string',
  )
}

/** A message signed for another application is of no use here. */
function checkPlace(
  context: AuthContext,
  { uri, uriText, domain }: SignInMessage,
  name: string,
): void {
  const isLocal = uri.hostname === 'localhost'
  if (uri.protocol !== 'https:' && !isLocal) {
    throw refuse(`Signed ${name} message is using URI which does not use HTTPS`)
  }
  if (!isRedirectAllowed(context, uriText)) {
    throw refuse(
      `Signed ${name} message is using URI which is not allowed on this server, message was signed for another app`,
    )
  }
  if (!isLocal && (uri.host !== domain || !isRedirectAllowed(context, `https://${domain}/`))) {
    throw refuse(
      `Signed ${name} message is using a Domain that does not match the one in URI which is not allowed on this server`,
    )
  }
}

function checkTime({ nowMs }: AuthContext, message: SignInMessage, name: string): void {
  const { issuedMs, expiresMs, notBeforeMs } = message
  if (notBeforeMs !== null && nowMs < notBeforeMs) {
    throw refuse(`Signed ${name} message becomes valid in the future`)
  }
  if (expiresMs !== null && nowMs > expiresMs) throw refuse(`Signed ${name} message is expired`)
  if (nowMs > issuedMs + validityMs) throw refuse(`${name} message was issued too long ago`)
  if (nowMs < issuedMs - validityMs) {
    throw refuse(`${name} message was issued too far in the future`)
  }
}

async function grant(
  context: AuthContext,
  message: SignInMessage,
  chain: Chain,
): Promise<HttpResponse> {
  const { address, chainId: network, domain, statement, uriText: uri } = message
  const user: ProviderUser = {
    emails: [],
    claims: {
      sub: `web3:${chain}:${address}`,
      custom_claims: { address, chain, network, domain, statement },
    },
  }
  const request = { provider: 'web3', user, emailOptional: true, redirectTo: '' }
  await announceExternalUser(context, request)
  const done = await retryOnConflict(() =>
    begin(context, [], async (transaction) => {
      const outcome = await signInExternally(context, transaction, request)
      if ('refusal' in outcome) return outcome
      const session = planSession(context, outcome.user.id, 'web3')
      const traits = { provider: 'web3', chain, network, address, domain, uri }
      await transaction.run(audit(context, outcome.user, 'login', traits), ...session.statements)
      const [row] = await transaction.rows<UserRow>(findUserById(outcome.user.id))
      const issued = await issueInTransaction(context, transaction, row as UserRow, session)
      return { ...outcome, user: row as UserRow, session: { ...session, issued } }
    }),
  )
  if ('refusal' in done) throw done.refusal
  await reportExternalUser(context, done)
  return sessionResponse(context, done.user, done.session)
}
