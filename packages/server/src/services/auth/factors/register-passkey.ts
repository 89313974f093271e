/** POST /passkeys/registration/options and /verify: a passkey for the signed-in user. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  audit,
  authErrors,
  begin,
  causedBy,
  hasVerifiedFactor,
  newId,
  requireUser,
} from '#services/auth/core'
import type { AuthContext, SignedIn } from '#services/auth/core'
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
import { passkeyName } from './passkey-name.ts'
import { insertPasskey } from './passkey-statements.ts'
import { checkCreation, creationOptions, relyingPartyOf } from './webauthn.ts'
import type { Credential } from './webauthn.ts'

const mostPasskeys = 10

export async function offerPasskey(context: AuthContext): Promise<HttpResponse> {
  const user = await requireOwner(context)
  const passkeys = await findPasskeys(context, user.id)
  if (passkeys.length >= mostPasskeys) throw factorErrors.tooManyPasskeys()
  const name = user.email || user.phone || ''
  const metadata = user.raw_user_meta_data?.['name']
  const displayName = typeof metadata === 'string' && metadata !== '' ? metadata : name
  const options = creationOptions(
    relyingPartyOf(context.config),
    { id: user.id, name, displayName },
    newChallenge(context),
    passkeys.map(credentialIdOf),
    true,
  )
  return beginCeremony(context, 'registration', user.id, options)
}

export async function registerPasskey(context: AuthContext): Promise<HttpResponse> {
  const user = await requireOwner(context)
  const answer = await readCeremony(context, 'registration', user.id)
  const party = relyingPartyOf(context.config)
  const credential = await checkCreation(party, answer.challenge, answer.credential)
  if (credential === null) throw factorErrors.credentialInvalid()
  return keep(context, user, credential)
}

async function requireOwner(context: AuthContext): Promise<UserRow> {
  requirePasskeys(context)
  const signedIn = await requireUser(context)
  if (signedIn.claims['is_anonymous'] === true) throw authErrors.anonymousForbidden()
  if (signedIn.user.is_sso_user) throw factorErrors.passkeyOfSso()
  requireManagementLevel(signedIn)
  return signedIn.user
}

/** Who has a second factor must have used it. */
export function requireManagementLevel({ user, session }: SignedIn): void {
  if (hasVerifiedFactor(user) && session?.session_aal !== 'aal2') {
    throw factorErrors.passkeysNeedAal2()
  }
}

async function keep(
  context: AuthContext,
  user: UserRow,
  credential: Credential,
): Promise<HttpResponse> {
  const id = newId(context)
  const friendlyName = passkeyName(credential.aaguid)
  const credentialId = Buffer.from(credential.id, 'base64url')
  const passkey = { ...credential, id, userId: user.id, credentialId, friendlyName }
  try {
    await begin(context, [], async (transaction) => {
      const made = await transaction.rows(insertPasskey(passkey, mostPasskeys, context.now))
      if (made.length === 0) throw factorErrors.tooManyPasskeys()
      await transaction.run(audit(context, user, 'passkey_created', { passkey_id: id }))
    })
  } catch (error) {
    if (causedBy(error, '23505') !== null) throw factorErrors.passkeyExists(undefined, error)
    throw error
  }
  const name = friendlyName === '' ? {} : { friendly_name: friendlyName }
  return jsonResponse(200, { id, ...name, created_at: context.now })
}
