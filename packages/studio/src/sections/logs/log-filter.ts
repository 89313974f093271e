/** Which requests are looked at: kept in the address. */
import type { Query } from '#studio/api'
import type { LogRequest } from './log-tail.ts'

export type Search = Readonly<Record<string, string>>

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
export const statuses = [
  { value: '', label: 'Any status' },
  { value: '1xx', label: '1xx sockets' },
  { value: '2xx', label: '2xx ok' },
  { value: '3xx', label: '3xx redirects' },
  { value: '4xx', label: '4xx refused' },
  { value: '5xx', label: '5xx failed' },
]
export const services = [
  { value: '', label: 'Any service' },
  { value: '/rest/v1', label: 'Data API' },
  { value: '/auth/v1', label: 'Auth' },
  { value: '/storage/v1', label: 'Storage' },
  { value: '/functions/v1', label: 'Functions' },
  { value: '/realtime/v1', label: 'Realtime' },
  { value: '/admin/v1', label: 'Administration' },
  { value: 'gateway', label: 'No service' },
]
export const spans = [
  { value: '', label: 'Any time' },
  { value: '1', label: 'Last minute' },
  { value: '5', label: 'Last 5 minutes' },
  { value: '15', label: 'Last 15 minutes' },
  { value: '60', label: 'Last hour' },
]

/** What the server filters by. */
export function queryOf({ method, status, text, user, slow }: Search): Query {
  return {
    method: method || undefined,
    status: /^[1-5](?:xx|\d\d)$/.test(status ?? '') ? status : undefined,
    text: text || undefined,
    user_id: user || undefined,
    min_ms: /^\d+$/.test(slow ?? '') ? slow : undefined,
  }
}

/** What the page filters by itself. What operators ask the server is shown where it is asked for. */
export function isShown({ service, minutes }: Search, nowMs: number): (it: LogRequest) => boolean {
  const fromMs = /^\d+$/.test(minutes ?? '') ? nowMs - Number(minutes) * 60_000 : 0
  return ({ route, at }) =>
    (service ? route === service : route !== '/admin/v1') &&
    (fromMs === 0 || new Date(at).getTime() >= fromMs)
}

export const filterNames = ['method', 'status', 'text', 'user', 'slow', 'service', 'minutes']
