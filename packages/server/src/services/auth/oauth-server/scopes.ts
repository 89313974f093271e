/** Scopes of the OAuth server. */

const supportedScopes = ['openid', 'profile', 'email', 'phone', 'offline_access'] as const

/** What is asked for where nothing is. */
export const defaultScope = 'email'

/** `parseScopes(' openid  email ')` → `['openid', 'email']` */
export function parseScopes(text: string): readonly string[] {
  return text.split(' ').filter((scope) => scope !== '')
}

export function isSupported(scope: string): boolean {
  return supportedScopes.some((known) => known === scope)
}
