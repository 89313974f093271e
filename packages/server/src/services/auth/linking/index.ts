/** auth/linking: whose account somebody is who comes from a provider, an issuer, a wallet or a company. */
export { acceptInvite, pickInvite } from './accept-invite.ts'
export { announceExternalUser, reportExternalUser } from './announce-external-user.ts'
export { linkingErrors } from './errors.ts'
export { linkExternalIdentity } from './link-external-identity.ts'
export { errorMembers, errorUrl } from './redirect-error.ts'
export { retryOnConflict, signInExternally } from './sign-in-externally.ts'
export type { ExternalOutcome, ExternalSignIn } from './sign-in-externally.ts'
