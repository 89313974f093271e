/** Users by their tokens: the project's Auth is asked, and its answer remembered for half a minute. */
import { createHash } from 'node:crypto'
import type { SupabaseClient } from '@supabase/supabase-js'
import { BoundedCache, CodeError } from '#core'

const knownMs = 30_000
const unknownMs = 5_000
const maxUsers = 10_000

export class UserStore {
  readonly #supabase: SupabaseClient
  readonly #known = new BoundedCache<string | null>(maxUsers, knownMs)
  readonly #asked = new Map<string, Promise<string | null>>()

  constructor(supabase: SupabaseClient) {
    this.#supabase = supabase
  }

  /** The user's id; null for a token that is none. */
  find(token: string): Promise<string | null> {
    const hash = createHash('sha256').update(token).digest('base64')
    const known = this.#known.get(hash)
    if (known !== undefined) return Promise.resolve(known)
    const asked = this.#asked.get(hash)
    if (asked !== undefined) return asked
    const answer = this.#ask(token, hash).finally(() => this.#asked.delete(hash))
    this.#asked.set(hash, answer)
    return answer
  }

  async #ask(token: string, hash: string): Promise<string | null> {
    const { data, error } = await this.#supabase.auth.getUser(token)
    const status = error?.status ?? 200
    if (error !== null && (status >= 500 || status === 0 || status === 429))
      throw new CodeError('unavailable', { details: { reason: error.message } })
    const id = data.user?.id ?? null
    this.#known.set(hash, id, id === null ? unknownMs : Math.min(knownMs, lifeOf(token)))
    return id
  }
}

/** Ms until the token ends; Auth has verified it. */
function lifeOf(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number
    }
    return Math.max(0, (claims.exp ?? 0) * 1_000 - Date.now())
  } catch {
    return 0
  }
}
