/** POST /passkeys/authentication/options and /verify: sign-in by a passkey, which says itself whose it is. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  isUuid,
  readRows,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { planSession, sessionResponse, writeSignIn } from '#services/auth/session'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { factorErrors } from './errors.ts'
import {
  beginCeremony,
  credentialIdOf,
  findPasskeys,
  newChallenge,
  readCeremony,
  requirePasskeys,
} from './passkey-ceremony.ts'
import { usePasskey } from './passkey-statements.ts'
import type { PasskeyRow } from './passkey-statements.ts'
import { checkUse, relyingPartyOf, requestOptions } from './webauthn.ts'

export async function askForPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const options = requestOptions(relyingPartyOf(context.config), newChallenge(context), [])
  return beginCeremony(context, 'authentication', null, options)
}

export async function signInWithPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const { challenge, credential } = await readCeremony(context, 'authentication', null)
  const passkey = await findPasskey(context, credential)
  if (passkey === null) throw factorErrors.credentialInvalid()
  const key = {
    id: credentialIdOf(passkey),
    publicKey: Buffer.from(passkey.public_key, 'hex'),
    signCount: passkey.sign_count,
  }
  const used = await checkUse(relyingPartyOf(context.config), challenge, credential, key)
  if (used === null) throw factorErrors.credentialInvalid()
  const user = await findOwner(context, passkey.user_id)
  const session = planSession(context, user.id, 'passkey')
  const written = await writeSignIn(context, user.id, session, [
    usePasskey(passkey.id, used.signCount, context.now),
    audit(context, user, 'login', { passkey_id: passkey.id }),
  ])
  return sessionResponse(context, written.user, written.session)
}

/** Of the user the authenticator names, the key it used. */
async function findPasskey(
  context: AuthContext,
  credential: JsonObject,
): Promise<PasskeyRow | null> {
  const handle = (credential['response'] as JsonObject | null)?.['userHandle']
  if (typeof handle !== 'string') return null
  const userId = Buffer.from(handle, 'base64url').toString()
  if (!isUuid(userId)) return null
  const passkeys = await findPasskeys(context, userId)
  return passkeys.find((passkey) => credentialIdOf(passkey) === credential['id']) ?? null
}

async function findOwner(context: AuthContext, id: string): Promise<UserRow> {
  const [user] = await readRows<UserRow>(context, findUserById(id))
  if (user === undefined) throw factorErrors.credentialInvalid()
  if (user.email && !isConfirmed(user)) throw factorErrors.passkeyEmailUnconfirmed()
  if (user.phone && !isPhoneConfirmed(user)) throw factorErrors.passkeyPhoneUnconfirmed()
  if (isBanned(user, context.nowMs)) throw authErrors.bearerBanned()
  return user
}
