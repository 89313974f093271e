/** GET /admin/users/{id}/factors, PUT and DELETE …/{factorId}: a user's second factors in an administrator's hands. */
import { jsonResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { JsonObject } from '#base/kernel'
import {
  administrator,
  audit,
  causedBy,
  findUserForAdmin,
  parsePhone,
  readParams,
  renderUser,
  write,
} from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { findUserById } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { factorErrors } from './errors.ts'
import { changeFactor, deleteFactor, lowerSessionsOfFactor } from './factor-statements.ts'

export async function adminListFactors(context: AuthContext): Promise<HttpResponse> {
  const user = renderUser(await findUserForAdmin(context))
  return jsonResponse(200, user['factors'] ?? [])
}

/** Another name; another number for a phone. */
export async function adminUpdateFactor(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const factor = findFactorOf(context, user)
  const params = await readParams(context.request, { friendly_name: 'text', phone: 'text' })
  const isPhone = factor['factor_type'] === 'phone'
  const change = {
    friendlyName: params.friendly_name || null,
    phone: isPhone && params.phone !== '' ? parsePhone(params.phone) : null,
  }
  const { id } = factor
  const traits = { user_id: user.id, factor_id: id, factor_type: factor['factor_type'] ?? null }
  try {
    const [row] = await write<UserRow>(context, [
      changeFactor(id, change, context.now),
      audit(context, administrator(context), 'factor_updated', traits),
      findUserById(user.id),
    ])
    return respond(row as UserRow, id)
  } catch (error) {
    const index = causedBy(error, '23505')?.constraint
    if (index === 'unique_phone_factor_per_user') throw factorErrors.phoneFactorExists()
    if (index !== undefined) throw factorErrors.factorNameTaken({ name: params.friendly_name })
    throw error
  }
}

/** For who lost the app: sessions it raised fall back to the first level. */
export async function adminDeleteFactor(context: AuthContext): Promise<HttpResponse> {
  const user = await findUserForAdmin(context)
  const { id } = findFactorOf(context, user)
  await write(context, [
    lowerSessionsOfFactor(id, context.now),
    deleteFactor(id),
    audit(context, user, 'factor_deleted', { user_id: user.id, factor_id: id }),
  ])
  return respond(user, id)
}

function findFactorOf(context: AuthContext, user: UserRow): JsonObject & { readonly id: string } {
  const id = (context.pathParams['factorId'] ?? '').toLowerCase()
  const factor = user.factors.find((own) => own['id'] === id)
  if (factor === undefined) throw factorErrors.factorNotFound()
  return { ...factor, id }
}

function respond(user: UserRow, id: string): HttpResponse {
  const factors = user.factors.filter((factor) => factor['id'] === id)
  const rendered = renderUser({ ...user, factors })['factors']
  return jsonResponse(200, Array.isArray(rendered) ? rendered[0] : {})
}
