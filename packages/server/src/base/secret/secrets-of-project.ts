/** What a project's configuration may refer to: secrets that bear its name, or it could read those of others. */
import { secretErrors } from './errors.ts'
import { isReference } from './resolve-secrets.ts'
import type { ResolveSecret } from './resolve-secrets.ts'

/** `vault://secret/shop/smtp_password` is one of `shop`: one of the names behind the first bears its ref. */
export function secretsOfProject(ref: string, resolve: ResolveSecret): ResolveSecret {
  return (text) => {
    if (!isReference(text)) return Promise.resolve(text)
    const path = text.slice(text.indexOf('://') + 3).split(/[/#]/)
    // the last is the field, and the first of Vault the engine
    const names = path.slice(text.startsWith('vault:') ? 1 : 0, -1)
    if (names.includes(ref)) return resolve(text)
    return Promise.reject(secretErrors.secret_not_of_project({ reference: text, ref }))
  }
}
