/** Every route of auth, behind `/auth/v1`. */
import type { HttpResponse, Route } from '#http'
import type { AuthContext } from '#auth/domain'
import {
  adminCreateUser,
  adminDeleteUser,
  adminGetUser,
  adminListAudit,
  adminListUsers,
  adminUpdateUser,
  createToken,
  getHealth,
  getJwks,
  getOauthServer,
  getOpenidConfiguration,
  getSettings,
  getUser,
  signOut,
  signUp,
  updateUser,
} from '#auth/endpoints'

export type Endpoint = (context: AuthContext) => HttpResponse | Promise<HttpResponse>

export const routes: readonly Route<Endpoint>[] = [
  { method: 'GET', pattern: '/health', handler: getHealth },
  { method: 'GET', pattern: '/settings', handler: getSettings },
  { method: 'GET', pattern: '/.well-known/jwks.json', handler: getJwks },
  {
    method: 'GET',
    pattern: '/.well-known/openid-configuration',
    handler: getOpenidConfiguration,
  },
  { method: 'GET', pattern: '/.well-known/oauth-authorization-server', handler: getOauthServer },
  { method: 'POST', pattern: '/signup', handler: signUp },
  { method: 'POST', pattern: '/token', handler: createToken },
  { method: 'POST', pattern: '/logout', handler: signOut },
  { method: 'GET', pattern: '/user', handler: getUser },
  { method: 'PUT', pattern: '/user', handler: updateUser },
  { method: 'GET', pattern: '/admin/users', handler: adminListUsers },
  { method: 'POST', pattern: '/admin/users', handler: adminCreateUser },
  { method: 'GET', pattern: '/admin/users/:id', handler: adminGetUser },
  { method: 'PUT', pattern: '/admin/users/:id', handler: adminUpdateUser },
  { method: 'DELETE', pattern: '/admin/users/:id', handler: adminDeleteUser },
  { method: 'GET', pattern: '/admin/audit', handler: adminListAudit },
]
