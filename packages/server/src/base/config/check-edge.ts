/** What `[basalt]` says of proxies, pages and tenants, where it cannot be meant. */
import { isIP } from 'node:net'
import type { ConfigProblem } from './problem.ts'
import type { Config } from './schema.ts'

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
const origin =
  /^(?:\*|[a-z][\w+.-]*:\/\/(?:\*\.)?[\w.-]+(?::\d+)?|[a-z][\w+.-]*:\/\/\[[\da-f:]+\](?::\d+)?|null)$/i
const lists = [
  ['basalt.trusted_proxies', isRange, 'an address or a range like 10.0.0.0/8'],
  [
    'basalt.cors.allowed_origins',
    (item) => origin.test(item),
    'an origin like https://app.example.com, without a path',
  ],
  ['basalt.cors.allowed_methods', (item) => headerName.test(item), 'a method'],
  ['basalt.cors.allowed_headers', (item) => headerName.test(item), "a header's name"],
  ['basalt.cors.expose_headers', (item) => headerName.test(item), "a header's name"],
  ['basalt.security_txt.contact', isUri, 'an address like mailto:security@example.com'],
  ['basalt.security_txt.policy', isUri, 'an address like https://example.com/security'],
  ['basalt.security_txt.encryption', isUri, 'an address like https://example.com/key.txt'],
  ['basalt.security_txt.acknowledgments', isUri, 'an address like https://example.com/thanks'],
  ['basalt.security_txt.canonical', isUri, 'an address like https://example.com/security.txt'],
  [
    'basalt.security_txt.preferred_languages',
    (item) => /^[a-z]{2,8}(-[a-z\d]{1,8})*$/i.test(item),
    'a language like en',
  ],
] as const satisfies readonly (readonly [keyof Config, (item: string) => boolean, string])[]

const headers = [
  'basalt.security_headers.content_security_policy',
  'basalt.security_headers.x_frame_options',
  'basalt.security_headers.x_content_type_options',
  'basalt.security_headers.referrer_policy',
  'basalt.security_headers.strict_transport_security',
] as const

export function checkEdge(config: Config, source: string): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  for (const [key, isFit, expected] of lists)
    for (const item of config[key])
      if (!isFit(item)) problems.push({ source, key, message: `expected ${expected}, not ${item}` })
  for (const key of headers)
    if (!/^[\x20-\x7e]*$/.test(config[key]))
      problems.push({ source, key, message: 'expected one line of ASCII' })
  const claim = config['basalt.tenancy.claim']
  if (/^user_metadata\b/.test(claim) || !/^[\w-]+(\.[\w-]+)*$/.test(claim))
    problems.push({
      source,
      key: 'basalt.tenancy.claim',
      message:
        'expected a claim that users cannot change themselves: tenant_id, app_metadata.tenant_id',
    })
  if (!/^[a-z_][a-z0-9_]{0,7}$/.test(config['basalt.tenancy.schema_prefix']))
    problems.push({
      source,
      key: 'basalt.tenancy.schema_prefix',
      message: 'expected one to eight small letters, digits and _',
    })
  const expires = config['basalt.security_txt.expires']
  if (expires !== null && !/^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/i.test(expires))
    problems.push({
      source,
      key: 'basalt.security_txt.expires',
      message: 'expected a time like 2027-01-01T00:00:00Z',
    })
  const hasAll = config['basalt.cors.allowed_origins'].includes('*')
  if (hasAll && config['basalt.cors.allow_credentials']) {
    problems.push({
      source,
      key: 'basalt.cors.allow_credentials',
      message:
        'any page of the world could act as the user: name the origins in basalt.cors.allowed_origins',
    })
  }
  return problems
}

/** RFC 9116: of the web over TLS only. */
function isUri(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:[\x21-\x7e]+$/i.test(text) && !/^http:/i.test(text)
}

/** `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32` */
function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}
