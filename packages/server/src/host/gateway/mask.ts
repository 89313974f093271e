/** What of a request is a secret, and what is written in its place. */

import { masked, maskText } from '#base/kernel'

/** Of headers and query parameters. */
const secretName =
  /authorization|cookie|token|secret|passw|passphrase|signature|credential|session|jwt|code|otp|state|nonce|saml|api[-_]?key|^(?:key|pass|pwd|sig|x-auth)$/i
export function isSecretName(name: string): boolean {
  return secretName.test(name)
}

const maxQueryChars = 2048
const maxHeaderChars = 512

/** `a=1&token=x` → `a=1&token=[redacted]` */
export function maskQuery(query: string, redact: ReadonlySet<string>): string {
  const short = query.length > maxQueryChars ? `${query.slice(0, maxQueryChars)}…` : query
  const parts = short.split('&').map((part) => {
    const [name = ''] = part.split('=', 1)
    const read = decode(name).toLowerCase()
    return isSecretName(read) || redact.has(read) ? `${name}=${masked}` : part
  })
  return maskText(parts.join('&'))
}

export function maskHeaders(
  headers: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
  redact: ReadonlySet<string>,
): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const name of names) {
    const value = headers[name]
    if (value === undefined) continue
    const isHidden = isSecretName(name) || redact.has(name)
    shown[name] = isHidden ? masked : maskText(value.slice(0, maxHeaderChars))
  }
  return shown
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
