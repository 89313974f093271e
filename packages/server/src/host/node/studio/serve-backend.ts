/** Studio of a fleet: operators with their sessions and roles. */
import type { ControlApi, ControlParts } from '#host/control-plane'
import { isJsonObject } from '#base/kernel'
import { studioErrors } from './errors.ts'
import type { StudioBackend } from './studio-backend.ts'

export interface ServeBackendOptions {
  readonly sessions: ControlParts['sessions']
  readonly api: ControlApi
  /** Where projects are, with `<ref>`. */
  readonly template: string
}

export function createServeBackend(options: ServeBackendOptions): StudioBackend {
  const { sessions, api, template } = options
  return {
    shape: 'serve',
    ref: null,
    signIn: 'operator',
    apiOrigins: [originOf(template)],
    find: async (token) => {
      const caller = token === null ? null : await sessions.find(token)
      if (caller === null) return null
      const { email, role } = caller.operator
      return { email, role }
    },
    enter: async (body, address) => {
      const { email, password } = isJsonObject(body) ? body : {}
      if (typeof email !== 'string' || typeof password !== 'string')
        throw studioErrors.studio_sign_in_invalid()
      const { token, operator } = await sessions.signIn(email, password, address, 'page')
      return { token, operator: { email: operator.email, role: operator.role } }
    },
    leave: async (token) => {
      const caller = await sessions.find(token)
      if (caller !== null) await sessions.end(caller.sessionId)
    },
    handle: (token, request) => {
      if (token === null) throw studioErrors.studio_signed_out()
      return api.handle({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${token}` },
      })
    },
  }
}

/** `https://<ref>.example.com` → `https://*.example.com` */
function originOf(template: string): string {
  const { protocol, host } = new URL(template.replaceAll('<ref>', 'any--ref'))
  return `${protocol}//${host.replaceAll('any--ref', '*')}`
}
