/** Where a browser may be sent: `auth.site_url`, and what `auth.additional_redirect_urls` allows. */
import type { AuthContext } from './auth-context.ts'

/** The target asked for when it is allowed, else the referring page when that is, else the site. */
export function resolveRedirect(context: AuthContext, fromBody = ''): string {
  const { request, query, config } = context
  const wanted = request.headers['redirect_to'] || query.get('redirect_to') || fromBody
  const candidates = [wanted, request.headers['referer'] ?? '']
  const allowed = candidates.find((url) => url !== '' && isRedirectAllowed(context, url))
  return allowed ?? config['auth.site_url']
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])
/** They run or show what is in the URL itself. */
const unsafeSchemes = new Set(['javascript:', 'data:', 'vbscript:', 'blob:', 'file:'])

/** True for what a browser may be sent to, and what a wallet may have signed for. */
export function isRedirectAllowed({ config }: AuthContext, text: string): boolean {
  const url = parse(text)
  if (url === null || unsafeSchemes.has(url.protocol)) return false
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    if (!isOrdinaryHost(url, text)) return false
    const site = parse(config['auth.site_url'])
    if (site !== null && isSameSite(url, site)) return true
  }
  const [target = ''] = text.split('#')
  return config['auth.additional_redirect_urls'].some((pattern) =>
    toExpression(pattern.split('#')[0] ?? '').test(target),
  )
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

/** Addresses only of this machine, and written as they are: `http://2130706433/` is 127.0.0.1 too. */
function isOrdinaryHost(url: URL, text: string): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (loopback.has(url.hostname)) return text.toLowerCase().includes(url.hostname)
  if (/^\d+(\.\d+){3}$/.test(url.hostname) || url.hostname.startsWith('[')) return false
  return /^[a-z0-9.-]+$/.test(url.hostname)
}

function isSameSite(url: URL, site: URL): boolean {
  if (url.protocol !== site.protocol || url.hostname !== site.hostname) return false
  return url.port === site.port || loopback.has(site.hostname)
}

/** `*` is a run without `.` and `/`, `**` anything, `?` one character that is neither. */
function toExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === '**') return '.*'
    if (part === '*') return '[^./]*'
    return part === '?' ? '[^./]' : part.replace(/[\\^$.|+()[\]{}]/g, String.raw`\$&`)
  })
  return new RegExp(`^${source}$`)
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
