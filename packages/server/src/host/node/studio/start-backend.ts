/** Studio of `basalt start`: whoever has the project's key is its owner; on this machine with keys that everybody knows, whoever is here. */
import { guardStream } from '#host/control-plane'
import type { ControlApi } from '#host/control-plane'
import type { Config } from '#base/config'
import { isJsonObject } from '#base/kernel'
import type { Clock } from '#base/kernel'
import { constantTimeEqual } from '#base/token'
import type { ProjectKeys } from '#base/token'
import { asksForKey } from './asks-for-key.ts'
import { studioErrors } from './errors.ts'
import { FailedAttempts } from './failed-attempts.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import { PageSessions } from './page-sessions.ts'
import type { StudioBackend } from './studio-backend.ts'

export interface StartBackendOptions {
  readonly config: Config
  readonly ref: string
  readonly externalUrl: string
  readonly keys: () => ProjectKeys
  readonly operatorToken: string
  /** Signs in once, as the fragment of a link. */
  readonly codes: OneTimeCodes
  /** Throws while there is no project. */
  readonly api: () => Promise<ControlApi>
  readonly clock: Clock
}

const owner = { email: 'owner', role: 'owner' }

export function createStartBackend(options: StartBackendOptions): StudioBackend {
  const { config, ref, externalUrl, clock } = options
  const sessions = new PageSessions(clock)
  const attempts = new FailedAttempts(clock)
  const isOpen = (): boolean => !asksForKey(config, options.keys())
  const isIn = (token: string | null): boolean =>
    isOpen() || (token !== null && sessions.has(token))
  return {
    shape: 'start',
    ref,
    get signIn() {
      return isOpen() ? 'none' : 'key'
    },
    apiOrigins: [new URL(externalUrl).origin],
    find: (token) => Promise.resolve(isIn(token) ? owner : null),
    enter: async (body, address) => {
      if (!attempts.begin(address)) throw studioErrors.studio_too_many_attempts()
      if (!isGoodKey(options, body)) throw studioErrors.studio_key_refused()
      attempts.succeed(address)
      return { token: sessions.open(), operator: owner }
    },
    leave: async (token) => sessions.end(token),
    handle: async (token, request) => {
      if (!isIn(token)) throw studioErrors.studio_signed_out()
      const api = await options.api()
      const actor = { name: 'studio', address: request.remoteAddress }
      return guardStream(await api.handleAs(actor, request), () => Promise.resolve(isIn(token)))
    },
  }
}

/** `{ key }`: of the project, or the operators' token; `{ code }`: of the link. */
function isGoodKey({ keys, operatorToken, codes }: StartBackendOptions, body: unknown): boolean {
  if (!isJsonObject(body)) return false
  const { key, code } = body
  if (typeof code === 'string') return codes.take(code)
  if (typeof key !== 'string' || key === '') return false
  const { serviceRoleKey, secretKey } = keys()
  const good = [serviceRoleKey, secretKey, operatorToken].filter((one) =>
    constantTimeEqual(one, key),
  )
  return good.length > 0
}
