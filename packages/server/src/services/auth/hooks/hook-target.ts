/** Where a hook is: `[auth.hook.<name>]`, read at each use. */
import type { Config } from '#base/config'

export type HookName =
  | 'custom_access_token'
  | 'send_email'
  | 'send_sms'
  | 'mfa_verification_attempt'
  | 'password_verification_attempt'
  | 'before_user_created'
  | 'after_user_created'

export type HookTarget =
  | {
      readonly kind: 'function'
      readonly uri: string
      readonly schema: string
      readonly name: string
    }
  | { readonly kind: 'url'; readonly uri: string; readonly secrets: readonly string[] }
  /** What is configured cannot be called. */
  | { readonly kind: 'unknown'; readonly uri: string }

/** Null where the hook is off. */
export function findHook(config: Config, name: HookName): HookTarget | null {
  const hook = config['auth.hook'][name]
  if (hook === undefined || !hook.enabled) return null
  const { uri } = hook
  if (/^https?:/i.test(uri)) {
    const secrets = hook.secrets.split('|').filter((secret) => secret !== '')
    return { kind: 'url', uri, secrets }
  }
  const found = /^pg-functions:\/\/[^/]*\/([^/]+)\/([^/]+)$/i.exec(uri)
  if (found === null) return { kind: 'unknown', uri }
  return { kind: 'function', uri, schema: found[1] ?? '', name: found[2] ?? '' }
}

/** `https://user:secret@host/path?key=…` → `https://host/path`, for logs and messages. */
export function withoutSecrets(uri: string): string {
  if (!URL.canParse(uri)) return ''
  const { protocol, host, pathname } = new URL(uri)
  return `${protocol}//${host}${pathname}`
}
