/** Where a browser may be sent: `auth.site_url`, and what `auth.additional_redirect_urls` allows. */
import type { Config } from '#base/config'
import { emptyResponse } from '#base/http'
import type { HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import { encodeNonAscii } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import { compilePattern, UnreadablePattern } from './redirect-pattern.ts'

/** The target asked for when it is allowed, else the referring page when that is, else the site. */
export function resolveRedirect(context: AuthContext, fromBody = ''): string {
  const { request, query, config } = context
  const wanted = request.headers['redirect_to'] || query.get('redirect_to') || fromBody
  const candidates = [wanted, request.headers['referer'] ?? '']
  const allowed = candidates.find((url) => url !== '' && isRedirectAllowed(context, url))
  return allowed ?? config['auth.site_url']
}

/** More is no address of a page; it bounds the work of matching too. */
const maxLength = 4_096
const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
/** They run or show what is in the URL itself. */
const unsafeSchemes = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:'])

/** True for what a browser may be sent to, and what a wallet may have signed for. */
export function isRedirectAllowed({ config, project }: AuthContext, text: string): boolean {
  if (text.length > maxLength) return false
  const url = parse(text)
  if (url === null || unsafeSchemes.has(url.protocol) || !isOrdinaryHost(url, text)) return false
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    const site = parse(config['auth.site_url'])
    if (site !== null && isSameSite(url, site)) return true
  }
  const [target = ''] = text.split('#')
  return matchersOf(config, project.log).some((isMatch) => isMatch(target))
}

/** Null too for what browsers read otherwise than it looks: backslashes, control characters. */
function parse(text: string): URL | null {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\\\u007f]/.test(text)) return null
  try {
    return new URL(text)
  } catch {
    return null
  }
}

/** Addresses only of this machine, whatever the scheme, and written as they are: `http://2130706433/` is 127.0.0.1 too. */
function isOrdinaryHost(url: URL, text: string): boolean {
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:'
  if (isWeb && (url.username !== '' || url.password !== '')) return false
  if (loopback.has(url.hostname)) return text.toLowerCase().includes(url.hostname)
  if (/^\d+(\.\d+){0,3}$/.test(url.hostname) || url.hostname.startsWith('[')) return false
  return !isWeb || /^[a-z0-9.-]+$/.test(url.hostname)
}

function isSameSite(url: URL, site: URL): boolean {
  if (url.protocol !== site.protocol || url.hostname !== site.hostname) return false
  return url.port === site.port || loopback.has(site.hostname)
}

type Matcher = (text: string) => boolean
/** Patterns are read once for each configuration. */
const matchers = new WeakMap<readonly string[], readonly Matcher[]>()

function matchersOf(config: Config, log: Log): readonly Matcher[] {
  const patterns = config['auth.additional_redirect_urls']
  const known = matchers.get(patterns)
  if (known !== undefined) return known
  const read = patterns.flatMap((pattern) => readPattern(pattern, log))
  matchers.set(patterns, read)
  return read
}

/** One that cannot be read allows nothing, and says so. */
function readPattern(pattern: string, log: Log): readonly Matcher[] {
  try {
    return [compilePattern(pattern.split('#')[0] ?? '')]
  } catch (error) {
    if (!(error instanceof UnreadablePattern)) throw error
    log.warn('a pattern of auth.additional_redirect_urls allows nothing', { reason: error.message })
    return []
  }
}

/**
 * A response that sends the browser on. Characters beyond ASCII are the bytes of their UTF-8, percent-encoded, as Go's
 * http.Redirect writes them; a header can hold nothing else.
 */
export function redirectTo(status: 302 | 303, url: string): HttpResponse {
  return emptyResponse(status, { location: encodeNonAscii(url), 'cache-control': 'no-store' })
}

/** `withParameters('http://x/?a=1', { code: 'c' }, {})` → `http://x/?a=1&code=c`; the fragment is replaced. */
export function withParameters(
  url: string,
  query: Readonly<Record<string, string>>,
  fragment: Readonly<Record<string, string>>,
): string {
  const [base = ''] = url.split('#')
  const added = encode(query)
  const joined = added === '' ? base : `${base}${base.includes('?') ? '&' : '?'}${added}`
  const hash = encode(fragment)
  return hash === '' ? joined : `${joined}#${hash}`
}

/** Members in order of their names, as clients' tests compare them. */
function encode(members: Readonly<Record<string, string>>): string {
  const parameters = new URLSearchParams(members)
  parameters.sort()
  return parameters.toString()
}
