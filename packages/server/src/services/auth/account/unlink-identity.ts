/** DELETE /user/identities/{id}: one way to sign in less. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import type { Statement } from '#base/sql'
import { audit, authErrors, isUuid, readRows, requireUser, write } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { notify } from '#services/auth/messages'
import { clearPhone, findUserOfEmail, refreshProviders, setEmail } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { accountErrors } from './errors.ts'
import { deleteIdentity } from './statements.ts'

export async function unlinkIdentity(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  if (!context.config['auth.enable_manual_linking']) throw authErrors.linkingDisabled()
  const id = context.pathParams['id'] ?? ''
  if (!isUuid(id)) throw accountErrors.identityIdNotUuid()
  if (user.identities.length <= 1) throw accountErrors.lastIdentity()
  const identity = user.identities.find((own) => own['identity_id'] === id.toLowerCase())
  if (identity === undefined) throw accountErrors.identityNotFound()
  const provider = textOf(identity['provider'])
  const follow =
    provider === 'phone'
      ? [clearPhone(user.id, context.now)]
      : await promoteEmail(context, user, identity)
  await write(context, [
    deleteIdentity(id),
    ...follow,
    refreshProviders(user.id, context.now),
    audit(context, user, 'identity_unlinked', {
      identity_id: id,
      provider,
      provider_id: textOf(identity['id']),
    }),
  ])
  await notify(context, user, 'identity_unlinked', { provider })
  return jsonResponse(200, {})
}

/** An account whose own address goes takes the verified one of another identity. */
async function promoteEmail(
  context: AuthContext,
  user: UserRow,
  gone: JsonObject,
): Promise<Statement[]> {
  const rest = user.identities.filter((identity) => identity !== gone)
  const own = (user.email ?? '').toLowerCase()
  if (own === '' || rest.some((identity) => identity['email'] === own)) return []
  const next = rest.find((identity) => {
    const data = identity['identity_data'] as JsonObject | null
    return typeof identity['email'] === 'string' && data?.['email_verified'] === true
  })
  const email = next === undefined ? null : textOf(next['email'])
  if (email !== null) {
    const taken = await readRows(context, findUserOfEmail(email, context.audience, user.id))
    if (taken.length > 0) throw accountErrors.emailConflict()
  }
  // without another address the account keeps its own, so that it can be reached
  return email === null ? [] : [setEmail(user.id, email, context.now)]
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
