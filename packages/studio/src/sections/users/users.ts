/** Users of the project, as Auth tells of them. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { callRaw, projectPath } from '#studio/api'

export interface Identity {
  readonly id: string
  readonly identity_id?: string
  readonly provider: string
  readonly identity_data?: Readonly<Record<string, unknown>>
  readonly created_at?: string
  readonly last_sign_in_at?: string | null
}

export interface User {
  readonly id: string
  readonly email?: string | null
  readonly phone?: string | null
  readonly role?: string
  readonly created_at: string
  readonly last_sign_in_at?: string | null
  readonly email_confirmed_at?: string | null
  readonly phone_confirmed_at?: string | null
  readonly invited_at?: string | null
  readonly banned_until?: string | null
  readonly deleted_at?: string | null
  readonly is_anonymous?: boolean
  readonly app_metadata: Readonly<Record<string, unknown>>
  readonly user_metadata: Readonly<Record<string, unknown>>
  readonly identities?: readonly Identity[] | null
}

export const pageSize = 50

export interface UserPage {
  readonly users: readonly User[]
  readonly total: number
}

/** One page of those whose e-mail, name or phone holds `filter`, or whose id it is. */
export function useUsers(ref: string, filter: string, page: number): UseQueryResult<UserPage> {
  const query = { filter, page, per_page: pageSize }
  return useQuery({
    queryKey: ['project', ref, 'users', query],
    queryFn: async ({ signal }) => {
      const response = await callRaw('GET', projectPath(ref, 'users'), { query, signal })
      const { users } = (await response.json()) as { users: readonly User[] }
      return { users, total: Number(response.headers.get('x-total-count') ?? users.length) }
    },
    placeholderData: keepPreviousData,
  })
}

/** How to say who it is. */
export const nameOf = ({ email, phone, id, is_anonymous: isAnonymous }: User): string =>
  email || (phone ? `+${phone.replace(/^\+/, '')}` : isAnonymous === true ? 'Anonymous' : id)

export type UserState = 'deleted' | 'banned' | 'anonymous' | 'invited' | 'unconfirmed' | 'active'

export function stateOf(user: User, now = Date.now()): UserState {
  if (user.deleted_at) return 'deleted'
  if (user.banned_until && new Date(user.banned_until).getTime() > now) return 'banned'
  if (user.is_anonymous === true) return 'anonymous'
  if (user.email_confirmed_at || user.phone_confirmed_at) return 'active'
  return user.invited_at ? 'invited' : 'unconfirmed'
}
