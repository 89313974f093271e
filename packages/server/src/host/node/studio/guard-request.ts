/**
 * Who may ask Studio anything. SameSite tells ports of one machine not apart, and other sites' DNS may name this machine:
 * Host, Origin and a header that no form can send carry the weight.
 */
import type { HttpRequest } from '#base/http'
import { studioErrors } from './errors.ts'

export interface StudioAddress {
  readonly port: number
  /** `https://studio.example.com`, where a proxy stands in front. */
  readonly externalUrl: string | null
}

/** The origin a request was sent to: `http://127.0.0.1:54323`. @throws studio_host_refused */
export function originOf({ headers }: HttpRequest, { port, externalUrl }: StudioAddress): string {
  const host = headers['host']?.toLowerCase() ?? ''
  if (externalUrl !== null) {
    const external = new URL(externalUrl)
    if (host === external.host) return external.origin
  }
  const suffix = port === 80 ? '' : `:${port}`
  const own = ['127.0.0.1', 'localhost', '[::1]'].map((name) => name + suffix)
  if (!own.includes(host)) throw studioErrors.studio_host_refused()
  return `http://${host}`
}

const safeMethods = ['GET', 'HEAD']

/** @throws studio_origin_refused, studio_header_missing */
export function refuseOthers(request: HttpRequest, origin: string, isPage: boolean): void {
  const { headers, method } = request
  if (!isOwnFetch(request, isPage)) throw studioErrors.studio_origin_refused()
  if (safeMethods.includes(method)) return
  if (headers['origin'] !== origin) throw studioErrors.studio_origin_refused()
  if (headers['x-basalt-studio'] !== '1') throw studioErrors.studio_header_missing()
}

/** What is uploaded is of any type. */
const uploads =
  /^\/admin\/v1\/projects\/[^/]+\/(?:storage\/(?:object|upload)|functions\/deploy|relations\/[^/]+\/import)(?:\/|$)/

/** A body that a form can send is none of the page's. @throws studio_json_expected */
export function refuseForms({ method, path, headers }: HttpRequest): void {
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  if (safeMethods.includes(method) || !hasBody || uploads.test(path)) return
  if (!/^application\/json\b/.test(headers['content-type'] ?? ''))
    throw studioErrors.studio_json_expected()
}

/** The page itself may be opened from anywhere (a link in a chat): there is nothing in it. */
function isOwnFetch({ headers }: HttpRequest, isPage: boolean): boolean {
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin') return true
  if (!isPage) return false
  const isOpened =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return site === 'none' || isOpened
}
