/** What a project's configuration may refer to: secrets that bear its name, or it could read those of others. */
import { secretErrors } from './errors.ts'
import { isReference } from './resolve-secrets.ts'
import type { ResolveSecret } from './resolve-secrets.ts'

/**
 * `vault://secret/shop/smtp_password` is one of `shop`, at level 1: the first name, behind Vault's engine, is its ref; at
 * level 2 the second is (`vault://secret/prod/shop/…`). Anywhere else it is not: a ref may be called as others call their secrets.
 */
export function secretsOfProject(
  ref: string,
  level: number,
  resolve: ResolveSecret,
): ResolveSecret {
  return (text) => {
    if (!isReference(text)) return Promise.resolve(text)
    const path = text.slice(text.indexOf('://') + 3).split(/[/#]/)
    // the last is the field, and the first of Vault the engine
    const names = path.slice(text.startsWith('vault:') ? 1 : 0, -1)
    if (names[level - 1] === ref) return resolve(text)
    return Promise.reject(secretErrors.secret_not_of_project({ reference: text, ref }))
  }
}
