/** functions/registry: what is deployed: functions, their versions, their secrets. */
export { Registry } from './registry.ts'
export type { RegistryOptions } from './registry.ts'
export type { DeployedFunction, FunctionVersion, NewVersion } from './deployed.ts'
export { createRegistrySource } from './registry-source.ts'
export type { RegistrySourceOptions } from './registry-source.ts'
export { registryErrors } from './errors.ts'
export { SecretStore } from './secret-store.ts'
export type { SecretDigest } from './secret-store.ts'
