/** supabase-js for conformance tests: over a socket and in process, anonymous or signed up. */
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import type { TestPlatform } from '@basalt/server/testing'
import WebSocket from 'ws'

export const ways = ['over a socket', 'in process'] as const
export type Way = (typeof ways)[number]

/** A client of its own session; `key` is the publishable one unless given. */
export function connect(server: TestPlatform, way: Way, key?: string): SupabaseClient {
  const { platform, url } = server
  return createClient(url, key ?? platform.keys.publishableKey, {
    // Node before 22 has no WebSocket of its own, and the client wants one
    realtime: { transport: WebSocket as never },
    auth: { persistSession: false, autoRefreshToken: false },
    ...(way === 'in process' ? { global: { fetch: platform.fetch as typeof fetch } } : {}),
  })
}

export interface SignedUp {
  readonly client: SupabaseClient
  readonly id: string
}

/** A user of a real sign-up, signed in. */
export async function signUp(server: TestPlatform, way: Way, name: string): Promise<SignedUp> {
  const client = connect(server, way)
  const email = `${name}-${Math.random().toString(36).slice(2, 10)}@example.com`
  const { data, error } = await client.auth.signUp({ email, password: 'correct horse battery' })
  if (error !== null || data.user === null)
    throw new Error(`${name} could not sign up`, { cause: error })
  return { client, id: data.user.id }
}

interface Answered<T> {
  readonly data: T
  readonly error: { readonly code: string; readonly message: string } | null
}

/** `data` of an answer; an error of it is thrown. */
export async function ok<T>(answer: PromiseLike<Answered<T>>): Promise<NonNullable<T>> {
  const { data, error } = await answer
  if (error !== null) throw new Error(`${error.code}: ${error.message}`, { cause: error })
  return data as NonNullable<T>
}

/** The code of the error it was answered with. */
export async function codeOf(answer: PromiseLike<Answered<unknown>>): Promise<string | null> {
  return (await answer).error?.code ?? null
}
