/** What a route is given besides the request. */
import type { SupabaseClient } from '@supabase/supabase-js'
import type { CodeConfig } from '#config'
import type { Database } from '#postgres'
import type { Log } from '#core'
import type { NameCache } from '#names'
import type { AnswerCache } from '#answers'
import { CodeError } from '#core'
import type { ByteRate, Turns } from '#core'
import type { Caller } from './identify.ts'

export interface Context {
  readonly config: CodeConfig
  readonly db: Database
  /** As the service role: every query names the user. */
  readonly supabase: SupabaseClient
  readonly log: Log
  /** Null: names are asked of Postgres only. */
  readonly names: NameCache | null
  /** Null: every search is made anew. */
  readonly answers: AnswerCache | null
  /** Of statements that take long: others' short ones have connections then. */
  readonly turns: Turns
  /** Of deliveries, by the user whose repository it is: each of them has to have room. */
  readonly deliveries: readonly ByteRate[]
  /** @throws where the route asks nobody */
  readonly caller: Caller
}

interface Failure {
  readonly code?: string
  readonly message: string
  readonly hint?: string | null
}

interface Answered<Data> {
  readonly data: Data
  readonly error: Failure | null
  readonly status: number
}

/** The data of an answer of supabase-js. @throws conflict, invalid_request, not_found, permission_denied, unavailable */
export function dataOf<Data>({ data, error, status }: Answered<Data>): NonNullable<Data> {
  if (error === null && data !== null && data !== undefined) return data
  const message = error?.message ?? 'There is no such thing.'
  const suggestions = typeof error?.hint === 'string' && error.hint !== '' ? [error.hint] : []
  if (error === null || error.code === 'PGRST116' || error.code === 'P0002')
    throw new CodeError('not_found')
  if (error.code === '23505') throw new CodeError('conflict')
  if (error.code === '42501') throw new CodeError('permission_denied', { message, suggestions })
  if (status >= 400 && status < 500) throw new CodeError('invalid_request', { message })
  throw new CodeError('unavailable', { details: { reason: message } })
}
