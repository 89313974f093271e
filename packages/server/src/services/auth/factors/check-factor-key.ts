/** Whether a security key answered its challenge, and what of that is kept. */
import { isJsonObject } from '#base/kernel'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { authErrors } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { factorErrors } from './errors.ts'
import { factorKeyOf, toFactorKey, withSignCount } from './factor-key.ts'
import { setFactorKey, setLastAnswer } from './factor-statements.ts'
import type { ChallengeRow, FactorRow } from './factor-statements.ts'
import { checkCreation, checkUse, relyingPartyOf } from './webauthn.ts'

/** `webauthn` of the body: `{ type: 'create' | 'request', credential_response }`. @throws PlatformError */
export async function checkKey(
  context: AuthContext,
  factor: FactorRow,
  given: JsonObject | null,
  findChallenge: () => Promise<ChallengeRow>,
): Promise<readonly Statement[]> {
  const { type, response } = readAnswer(given)
  const { web_authn_session_data: ceremony } = await findChallenge()
  const challenge = ceremony?.['challenge']
  // a factor makes its key once: no answer replaces one that is verified, none uses one that is not there
  const expected = factor.status === 'unverified' ? 'create' : 'request'
  if (typeof challenge !== 'string' || type !== expected) throw factorErrors.credentialInvalid()
  const kept =
    type === 'create'
      ? await makeKey(context, factor, challenge, response)
      : await useKey(context, factor, challenge, response)
  const answer = { challenge: { challenge }, type, credential_response: response }
  return [kept, setLastAnswer(factor.id, answer)]
}

function readAnswer(given: JsonObject | null): { type: string; response: JsonObject } {
  const invalid = (message: string) => authErrors.invalid({ message })
  if (given === null) throw invalid('WebAuthn config required')
  const { type, credential_response: response } = given
  if (type !== 'create' && type !== 'request') {
    throw invalid('WebAuthn type must be create or request')
  }
  if (response === undefined || response === null) throw invalid('credential_response required')
  if (!isJsonObject(response)) throw invalid('Invalid credential_response')
  return { type, response }
}

async function makeKey(
  context: AuthContext,
  factor: FactorRow,
  challenge: string,
  response: JsonObject,
): Promise<Statement> {
  const credential = await checkCreation(relyingPartyOf(context.config), challenge, response)
  if (credential === null) throw factorErrors.credentialInvalid()
  const key = { credential: toFactorKey(credential), aaguid: credential.aaguid }
  return setFactorKey(factor.id, key, context.now)
}

async function useKey(
  context: AuthContext,
  factor: FactorRow,
  challenge: string,
  response: JsonObject,
): Promise<Statement> {
  const key = factorKeyOf(factor)
  // the key of another factor proves that factor, not this one
  if (key === null || response['id'] !== key.id) throw factorErrors.credentialInvalid()
  const used = await checkUse(relyingPartyOf(context.config), challenge, response, key)
  if (used === null) throw factorErrors.credentialInvalid()
  const credential = withSignCount(factor.web_authn_credential ?? {}, used.signCount)
  return setFactorKey(factor.id, { credential, aaguid: null }, context.now)
}
