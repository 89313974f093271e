/**
 * Whose account somebody is who comes from a provider: the identity's, one with the same verified address, or a new one
 * (supabase/auth internal/models/linking.go).
 */
import type { Transaction } from '#base/db'
import { authErrors } from '#services/auth/core'
import type { AuthContext } from '#services/auth/core'
import type { ProviderUser } from '#services/auth/provider'
import { findUserById, findUserOfEmail } from '#services/auth/sql'
import type { UserRow } from '#services/auth/sql'
import { linkingErrors } from './errors.ts'
import { findIdentity, findSimilar } from './statements.ts'
import type { IdentityRow, SimilarRow } from './statements.ts'
import { foldCase } from '#services/auth/provider'

/** The address an account would get, and whether the provider vouches for it. */
export interface Candidate {
  readonly email: string
  readonly verified: boolean
}

export type Linking =
  | {
      readonly kind: 'exists'
      readonly user: UserRow
      readonly identityId: string
      readonly candidate: Candidate
    }
  | { readonly kind: 'link'; readonly user: UserRow; readonly candidate: Candidate }
  | { readonly kind: 'create'; readonly candidate: Candidate }

/** Accounts of one domain may be linked: each single sign-on provider is one of its own. */
export function linkingDomain(provider: string): string {
  return provider.startsWith('sso:') ? provider : 'default'
}

export async function decideLinking(
  context: AuthContext,
  transaction: Transaction,
  provider: string,
  { emails, claims }: ProviderUser,
): Promise<Linking> {
  const primary = emails.find((email) => email.primary)
  const candidate = {
    email: foldCase(primary?.email ?? ''),
    verified: primary?.verified ?? false,
  }
  const [identity] = await transaction.rows<IdentityRow>(findIdentity(claims.sub, provider))
  if (identity !== undefined) {
    const user = await findOwner(transaction, identity.user_id)
    return { kind: 'exists', user, identityId: identity.id, candidate: ownAddress(user, emails) }
  }
  // whatever the project asks of its own users: an address nobody has looked at leads into nobody's account
  const trusted = emails.filter(({ email, verified }) => email !== '' && verified)
  if (trusted.length === 0) return createApart(context, transaction, candidate)
  const addresses = trusted.map(({ email }) => foldCase(email))
  const userId = await findSimilarUser(transaction, provider, addresses)
  if (userId === null) return { kind: 'create', candidate }
  const user = await findOwner(transaction, userId)
  return { kind: 'link', user, candidate: ownAddress(user, emails) }
}

/** The account's own address stands, and the provider vouches for it only where it has verified that very one. */
function ownAddress({ email }: UserRow, emails: ProviderUser['emails']): Candidate {
  const own = foldCase(email ?? '')
  const verified = emails.some(
    (given) => given.verified && (own === '' ? given.primary : foldCase(given.email) === own),
  )
  return { email: own, verified }
}

async function findOwner(transaction: Transaction, id: string): Promise<UserRow> {
  const [user] = await transaction.rows<UserRow>(findUserById(id))
  if (user === undefined) throw authErrors.userNotFound()
  return user
}

/** Nobody vouches for the address: an account of its own, without the address where it is taken. */
async function createApart(
  context: AuthContext,
  transaction: Transaction,
  candidate: Candidate,
): Promise<Linking> {
  if (candidate.email === '') return { kind: 'create', candidate }
  const owners = await transaction.rows(findUserOfEmail(candidate.email, context.audience, null))
  return { kind: 'create', candidate: owners.length > 0 ? { ...candidate, email: '' } : candidate }
}

async function findSimilarUser(
  transaction: Transaction,
  provider: string,
  addresses: readonly string[],
): Promise<string | null> {
  const domain = linkingDomain(provider)
  const similar = await transaction.rows<SimilarRow>(findSimilar(addresses))
  const byIdentity = similar.filter(
    (row) => row.provider !== null && linkingDomain(row.provider) === domain,
  )
  const byAccount = domain === 'default' ? similar.filter((row) => row.provider === null) : []
  const found = byIdentity.length > 0 ? byIdentity : byAccount
  const owners = new Set(found.map((row) => row.user_id))
  if (owners.size > 1) throw linkingErrors.multipleAccounts({ domain })
  return found[0]?.user_id ?? null
}
