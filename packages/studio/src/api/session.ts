/** Who looks at this page. */
import { useQuery } from '@tanstack/react-query'
import type { UseQueryResult } from '@tanstack/react-query'
import { call } from './call.ts'

export type Role = 'owner' | 'admin' | 'developer' | 'read-only'

export interface Session {
  /** `start`: one project on this machine; `serve`: the projects of a fleet. */
  readonly shape: 'start' | 'serve'
  readonly operator: { readonly email: string; readonly role: Role } | null
  /** The one project of `start`. */
  readonly ref: string | null
  readonly sign_in: 'none' | 'key' | 'operator'
  /** Of the running server. */
  readonly version?: string
}

export function useSession(): UseQueryResult<Session> {
  return useQuery({
    queryKey: ['session'],
    queryFn: () => call<Session>('GET', '/studio/session'),
    staleTime: 60_000,
  })
}

const ranks: readonly Role[] = ['read-only', 'developer', 'admin', 'owner']

/** Why the operator may not, naming the role that may; null where they may. The server decides all the same. */
export function refusal(role: Role | undefined, least: Role): string | null {
  if (role !== undefined && ranks.indexOf(role) >= ranks.indexOf(least)) return null
  return `This needs the role ${least}`
}
