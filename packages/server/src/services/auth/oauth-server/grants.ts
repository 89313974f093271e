/** GET, DELETE /user/oauth/grants: the clients a user let in, and out again. */
import { emptyResponse, jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  audit,
  authErrors,
  begin,
  isUuid,
  readRows,
  requireUser,
  rfc3339,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { deleteSessionsOfClient, listGrants, revokeConsent } from './authorization-statements.ts'
import type { GrantRow } from './authorization-statements.ts'
import { oauthServerErrors } from './errors.ts'
import { describeClient } from './render-client.ts'
import { requireEnabled } from './require-enabled.ts'
import { parseScopes } from './scopes.ts'

export async function listUserGrants(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  requireEnabled(context)
  const rows = await readRows<GrantRow>(context, listGrants(user.id))
  const grants = rows.map((row) => ({
    client: describeClient({ ...row, id: row.client_id }),
    scopes: parseScopes(row.scopes),
    granted_at: rfc3339(row.granted_at),
  }))
  return jsonResponse(200, grants)
}

/** The client's sessions end with it. */
export async function revokeUserGrant(context: AuthContext): Promise<HttpResponse> {
  const { user } = await requireUser(context)
  requireEnabled(context)
  const clientId = context.query.get('client_id') ?? ''
  if (clientId === '') {
    throw authErrors.invalid({ message: 'client_id query parameter is required' })
  }
  if (!isUuid(clientId)) throw authErrors.invalid({ message: 'invalid client_id format' })
  await begin(context, [], async (transaction) => {
    const revoked = await transaction.rows(revokeConsent(user.id, clientId, context.now))
    if (revoked.length === 0) throw oauthServerErrors.consentNotFound()
    const traits = { oauth_client_id: clientId, action: 'revoke_oauth_grant' }
    await transaction.run(
      deleteSessionsOfClient(user.id, clientId),
      audit(context, user, 'token_revoked', traits),
    )
  })
  return emptyResponse(204)
}
