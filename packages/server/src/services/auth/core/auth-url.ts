/** Where auth is reached, and where the links of its mails lead. */
import type { Project } from '#base/service'
import type { AuthMail } from './message-ports.ts'

/** Where clients reach auth, without a trailing slash. */
export function authUrl({ config, externalUrl }: Project): string {
  return config['auth.external_url'] ?? `${externalUrl}/auth/v1`
}

/** Where a mail's link leads: `<url of auth>/verify?token=…&type=…&redirect_to=…` */
export function confirmationUrl(
  project: Project,
  { action, tokenHash, redirectTo }: Pick<AuthMail, 'action' | 'tokenHash' | 'redirectTo'>,
): string {
  const base = authUrl(project)
  // as with GoTrue: what has none of these was encoded by whoever wrote it
  const target = /[&=#]/.test(redirectTo) ? encodeURIComponent(redirectTo) : redirectTo
  return encodeNonAscii(`${base}/verify?token=${tokenHash}&type=${action}&redirect_to=${target}`)
}

const encoder = new TextEncoder()

/** `/café` → `/caf%c3%a9`: what headers and links cannot hold as it is, spelled as Go's http.Redirect does. */
export function encodeNonAscii(url: string): string {
  return url.replaceAll(/[\u0080-\u{10ffff}]+/gu, (text) =>
    Array.from(encoder.encode(text), (byte) => `%${byte.toString(16)}`).join(''),
  )
}
