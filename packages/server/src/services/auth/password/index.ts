/** auth/password: passwords hashed, compared, and refused when they are weak or leaked. */
export { isImportableHash } from './password-hash-formats.ts'
export { createPasswordHasher, nobodysHash } from './password-hasher.ts'
export { findWeakness, refuseTooLong, requireStrongPassword } from './password-strength.ts'
