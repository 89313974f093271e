/** GET /passkeys, PATCH and DELETE /passkeys/{id}, and the same for administrators: what keys a user has. */
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  audit,
  authErrors,
  findUserForAdmin,
  readParams,
  requireUser,
  rfc3339,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { factorErrors } from './errors.ts'
import { findPasskeys, requirePasskeys } from './passkey-ceremony.ts'
import { deletePasskey, renamePasskey } from './passkey-statements.ts'
import type { PasskeyRow } from './passkey-statements.ts'
import { requireManagementLevel } from './register-passkey.ts'

export async function listOwnPasskeys(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const { user } = await requireUser(context)
  return jsonResponse(200, (await findPasskeys(context, user.id)).map(render))
}

export async function renameOwnPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const { user } = await requireUser(context)
  const { friendly_name: name } = await readParams(context.request, { friendly_name: 'text' })
  if (name === '') throw authErrors.invalid({ message: 'friendly_name is required' })
  if (Buffer.byteLength(name) > 120) {
    throw authErrors.invalid({ message: 'friendly_name must be 120 characters or less' })
  }
  const passkey = await findPasskey(context, user.id, context.pathParams['id'])
  await write(context, [
    renamePasskey(passkey.id, name, context.now),
    audit(context, user, 'passkey_updated', { passkey_id: passkey.id }),
  ])
  return jsonResponse(200, render({ ...passkey, friendly_name: name }))
}

export async function deleteOwnPasskey(context: AuthContext): Promise<HttpResponse> {
  requirePasskeys(context)
  const signedIn = await requireUser(context)
  requireManagementLevel(signedIn)
  const passkey = await findPasskey(context, signedIn.user.id, context.pathParams['id'])
  await write(context, [
    deletePasskey(passkey.id),
    audit(context, signedIn.user, 'passkey_deleted', { passkey_id: passkey.id }),
  ])
  return emptyResponse(204)
}

export async function adminListPasskeys(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  return jsonResponse(200, (await findPasskeys(context, user.id)).map(render))
}

export async function adminDeletePasskey(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const passkey = await findPasskey(context, user.id, context.pathParams['passkeyId'])
  const traits = { user_id: user.id, passkey_id: passkey.id }
  await write(context, [deletePasskey(passkey.id), audit(context, user, 'passkey_deleted', traits)])
  return emptyResponse(204)
}

/** Somebody else's are not there. @throws PlatformError 404 */
async function findPasskey(
  context: AuthContext,
  userId: string,
  id: string | undefined,
): Promise<PasskeyRow> {
  const passkeys = await findPasskeys(context, userId)
  const passkey = passkeys.find((own) => own.id === id?.toLowerCase())
  if (passkey === undefined) throw factorErrors.passkeyNotFound()
  return passkey
}

function render(passkey: PasskeyRow): JsonObject {
  const { id, friendly_name: name, created_at: created, last_used_at: used } = passkey
  return {
    id,
    ...(name === '' ? {} : { friendly_name: name }),
    created_at: rfc3339(created),
    ...(used === null ? {} : { last_used_at: rfc3339(used) }),
  }
}
