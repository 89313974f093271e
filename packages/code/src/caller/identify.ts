/** Who asks: a customer's key (`X-API-Key` or bearer) or a user's token (bearer). */
import type { IncomingMessage } from 'node:http'
import { CodeError } from '#core'
import { isWithin } from '#http'
import type { Route } from '#http'
import type { CustomerKey, KeyStore } from './find-key.ts'
import type { UserStore } from './find-user.ts'

export interface Caller {
  readonly userId: string
  /** Null for a user's token. */
  readonly key: CustomerKey | null
  /** The token of a user; null for a key. */
  readonly token: string | null
}

export interface Identify {
  readonly keys: KeyStore
  readonly users: UserStore
}

const maxLength = 10_000

/** @throws unauthorized, invalid_api_key, address_not_allowed, permission_denied */
export async function identify(
  { keys, users }: Identify,
  request: IncomingMessage,
  address: string,
  permission: NonNullable<Route<unknown>['permission']>,
): Promise<Caller> {
  const token = tokenOf(request)
  if (isUserToken(token)) {
    const userId = await users.find(token)
    if (userId === null)
      throw new CodeError('unauthorized', { message: 'The token is not valid, or has ended.' })
    return { userId, key: null, token }
  }
  const key = await keys.find(token)
  if (key === null || (key.expiresAtMs !== null && key.expiresAtMs <= Date.now()))
    throw new CodeError('invalid_api_key')
  checkKey(key, address, permission)
  return { userId: key.userId, key, token: null }
}

/** A JWT begins with a JSON object; a key may have dots, too. */
function isUserToken(token: string): boolean {
  const [header = '', ...rest] = token.split('.')
  return rest.length === 2 && Buffer.from(header, 'base64url').toString().startsWith('{')
}

function tokenOf({ headers }: IncomingMessage): string {
  const key = headers['x-api-key']
  const bearer = /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]
  if (typeof key === 'string' && bearer !== undefined && bearer !== key)
    throw new CodeError('unauthorized', {
      message: 'X-API-Key and Authorization are of two callers.',
      suggestions: ['Send one of them.'],
    })
  const token = typeof key === 'string' ? key : bearer
  if (token === undefined || token === '' || token.length > maxLength)
    throw new CodeError('unauthorized')
  return token
}

function checkKey(key: CustomerKey, address: string, permission: string): void {
  if (key.ranges !== null && !isWithin(key.ranges, address))
    throw new CodeError('address_not_allowed', { details: { address } })
  if (permission === 'user')
    throw new CodeError('permission_denied', {
      message: 'This is for users, not for keys.',
      suggestions: ['Sign in, and send the access token as Authorization: Bearer.'],
    })
  if (!key.mayRead || (permission === 'write' && !key.mayWrite))
    throw new CodeError('permission_denied', { details: { needed: permission } })
}
