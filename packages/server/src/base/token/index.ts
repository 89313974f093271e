/** token: JWTs, keys of a project, API keys. */
export type { TokenFailure, Verification, Verifier } from './verification.ts'
export type { ApiKeys, ProjectKeys } from './project-keys.ts'
export { createVerifier } from './verifier.ts'
export type { VerifierOptions } from './verifier.ts'
export { signToken, signingKeyOf } from './signing.ts'
export type { SigningKey } from './signing.ts'
export { importVerificationKey, publicJwks, thumbprintOf, verifyingJwk } from './jwk.ts'
export type { Jwk, JwkSet } from './jwk.ts'
export { defaultKeys, hasDefaultSecret, mintApiKeys, mintOpaqueKeys } from './api-keys.ts'
export { bearerOf, classifyKey, keyRule, refuseKey, translateKey } from './api-key.ts'
export type { ApiKeyKind, KeyRefusal, KeyRule, TranslatedKey } from './api-key.ts'
export {
  customerKeyPrefix,
  hashCustomerKey,
  isCustomerKey,
  isOfCustomerKey,
  isReadOnlyKey,
  isWellFormedKey,
} from './customer-key.ts'
export { createSealer } from './sealer.ts'
export type { Sealer } from './sealer.ts'
export { constantTimeEqual } from './constant-time-equal.ts'
export { parseClaimPath } from './claim-path.ts'
export type { ClaimReader } from './claim-path.ts'
