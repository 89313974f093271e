/** people: as whom something is done. */
export { IdentityPicker } from './identity-picker.tsx'
export { identityOf, owner } from './use-identity.ts'
export type { Identity, UserRow } from './use-identity.ts'
