/** POST /invite: an account for somebody who did not ask for one, and the mail that says so. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import {
  administrator,
  audit,
  authErrors,
  isConfirmed,
  parseEmail,
  readParams,
  readRows,
  renderUser,
  requireAdmin,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { afterUserCreated } from '#services/auth/hooks'
import { planToken, requireMailRoom, writeAndSend } from '#services/auth/messages'
import { planNewUser } from '#services/auth/sign-up'
import { findUserById, findUserOfEmail } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'

export async function invite(context: AuthContext): Promise<HttpResponse> {
  await requireAdmin(context)
  const params = await readParams(context.request, { email: 'text', data: 'object' })
  const address = parseEmail(params.email)
  requireMailRoom(context)
  const [known] = await readRows<UserRow>(context, findUserOfEmail(address, context.audience, null))
  if (known !== undefined && isConfirmed(known)) throw authErrors.emailExists()
  const data = params.data ?? {}
  const account =
    known === undefined
      ? await planNewUser(context, {
          provider: 'email',
          address,
          data,
          passwordHash: null,
          byAdministrator: true,
        })
      : { actor: known, statements: [] }
  const recipient = { userId: account.actor.id, address, challenge: null, data }
  const planned = planToken(context, 'invite', recipient)
  const statements = [
    ...account.statements,
    audit(context, administrator(context), 'user_invited', {
      user_id: account.actor.id,
      user_email: address,
    }),
    ...planned.statements,
    findUserById(account.actor.id),
  ]
  const mails = [planned.mail]
  const [user] = await writeAndSend<UserRow>(context, account.actor.id, statements, mails)
  if (known === undefined) await afterUserCreated(context, user as UserRow)
  return jsonResponse(200, renderUser(user as UserRow))
}
