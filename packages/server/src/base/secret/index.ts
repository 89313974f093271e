/** secret: texts that stand for what is kept in Vault or AWS Secrets Manager. */
export { createSecretResolver, isReference } from './resolve-secrets.ts'
export type { ResolveSecret, SecretOptions } from './resolve-secrets.ts'
export { secretErrors } from './errors.ts'
export { secretsOfProject } from './secrets-of-project.ts'
