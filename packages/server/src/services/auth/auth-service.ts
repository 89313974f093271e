/** auth as a service of the gateway. */
import { createRouter, emptyResponse, textResponse } from '#base/http'
import type { HttpRequest, HttpResponse } from '#base/http'
import { systemClock } from '#base/kernel'
import type { Scope, Service, ServiceDefinition } from '#base/service'
import { isOfCustomerKey } from '#base/token'
import { authErrors, createContext, formatError, hasNul } from '#services/auth/core'
import type { AuthRuntime } from '#services/auth/core'
import { createAttemptLimit } from '#services/auth/limits'
import { createMailQueue, silentMailer } from '#services/auth/messages'
import { createSmsSender } from '#services/auth/messages/sms'
import {
  createDiscovery,
  createOutgoing,
  defaultOutside,
  publicFetch,
} from '#services/auth/outside'
import { createPasswordHasher } from '#services/auth/password'
import { authMigrations } from './migrations.ts'
import { routes } from './routes.ts'

/** A mail server that hangs must not hold up a shutdown for longer. */
const drainMs = 5_000

const router = createRouter(routes)

/** The service; `runtime` replaces what a test or an embedding brings itself. */
export function createAuth(runtime: Partial<AuthRuntime> = {}): ServiceDefinition {
  const outgoing = runtime.outgoing ?? createOutgoing()
  // whoever brings an own way out answers for where it leads
  const guarded = runtime.outgoing ?? createOutgoing({ fetch: publicFetch })
  const own: AuthRuntime = {
    hasher: createPasswordHasher(),
    mailer: silentMailer,
    sms: createSmsSender(),
    mailQueue: createMailQueue(),
    attempts: createAttemptLimit(),
    refreshWaitMs: 5_000,
    outgoing,
    discover: createDiscovery(outgoing, systemClock),
    publicly: { outgoing: guarded, discover: createDiscovery(guarded, systemClock) },
    outside: defaultOutside,
    ...runtime,
  }
  const service: Service = {
    handle: (scope, request) => handle(own, scope, request),
    formatError,
    close: async () => {
      await own.mailQueue.drain(drainMs)
      own.mailer.close?.()
      await own.hasher.close()
    },
  }
  return {
    name: 'auth',
    prefix: '/auth/v1',
    migrations: authMigrations,
    login: 'supabase_auth_admin',
    open: () => Promise.resolve(service),
  }
}

async function handle(
  runtime: AuthRuntime,
  scope: Scope,
  request: HttpRequest,
): Promise<HttpResponse> {
  if (hasNul(request.path) || hasNul(request.query)) throw authErrors.nulCharacter()
  refuseCustomerKey(scope, request)
  const match = router.match(request.method, request.path)
  if (match === null) return textResponse(404, '404 page not found\n')
  if ('allowed' in match) return emptyResponse(405, { allow: match.allowed.join(', ') })
  return match.handler(createContext(runtime, scope, request, match.params))
}

/** A key is not who may change passwords, factors and sessions, nor ask for another identity. */
function refuseCustomerKey({ authentication }: Scope, { method, path }: HttpRequest): void {
  if (!authentication.ok || !isOfCustomerKey(authentication.caller.claims)) return
  if (!(method === 'GET' && /^\/user\/?$/.test(path))) throw authErrors.apiKeyMayNot()
}

export const auth: ServiceDefinition = createAuth()
