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
  const target = /[&=#]/.test(redirectTo) ? encodeURIComponent(redirectTo) : redirectTo
  return `${base}/verify?token=${tokenHash}&type=${action}&redirect_to=${target}`
}
