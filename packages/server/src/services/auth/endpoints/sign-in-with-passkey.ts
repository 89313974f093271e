/** POST /passkeys/authentication/options and /verify: sign-in by a passkey, which says itself whose it is. */
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  checkUse,
  isBanned,
  isConfirmed,
  isPhoneConfirmed,
  isUuid,
  planSession,
  readRows,
  relyingPartyOf,
  requestOptions,
  sessionResponse,
  writeSignIn,
} from '#services/auth/domain'
import type { AuthContext } from '#services/auth/domain'
import { findUserById, usePasskey } from '#services/auth/sql'
import type { PasskeyRow, UserRow } from '#services/auth/sql'
import {
  beginCeremony,
  credentialIdOf,
  findPasskeys,
  newChallenge,
  readCeremony,
  requirePasskeys,
} from './passkey-ceremony.ts'

export async function askForPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const options = requestOptions(relyingPartyOf(context.config), newChallenge(context), [])
  return beginCeremony(context, 'authentication', null, options)
}

export async function signInWithPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const { challenge, credential } = await readCeremony(context, 'authentication', null)
  const passkey = await findPasskey(context, credential)
  if (passkey === null) throw authErrors.credentialInvalid()
  const key = {
    id: credentialIdOf(passkey),
    publicKey: Buffer.from(passkey.public_key, 'hex'),
    signCount: passkey.sign_count,
  }
  const used = await checkUse(relyingPartyOf(context.config), challenge, credential, key)
  if (used === null) throw authErrors.credentialInvalid()
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
  if (user === undefined) throw authErrors.credentialInvalid()
  if (user.email && !isConfirmed(user)) throw authErrors.passkeyEmailUnconfirmed()
  if (user.phone && !isPhoneConfirmed(user)) throw authErrors.passkeyPhoneUnconfirmed()
  if (isBanned(user, context.nowMs)) throw authErrors.bearerBanned()
  return user
}
