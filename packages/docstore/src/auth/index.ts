/** Users and sessions in the database itself. */
export {
  AuthKit,
  type AuthKitOptions,
  type Session,
  type SessionDocument,
  type User,
  type UserDocument,
} from './auth-kit.ts'
export { argon2Cost, type PasswordHasher } from './password-hasher.ts'
