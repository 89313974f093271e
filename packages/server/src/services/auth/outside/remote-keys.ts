/**
 * The keys an issuer signs with: fetched anew now and then, at once for a key that is not there, never with each request. What
 * jose has for this (`createRemoteJWKSet`) asks an issuer that is away with each request, has none of its keys by then, and
 * finds a new key only when so long has passed since the last look.
 */
import type { Clock } from '#base/kernel'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { getJson } from './outgoing.ts'
import type { Outgoing } from './outgoing.ts'

/** Keys that are no longer published are good for so long at most, while the issuer answers. */
const maxAgeMs = 600_000
/** …and while it does not. */
const maxAgeAwayMs = 86_400_000
/** Anybody can name keys that are none: those are asked for so often. */
const missEveryMs = 10_000
/** What failed is tried again so often. */
const retryEveryMs = 5_000

interface Known {
  readonly find: JWTVerifyGetKey
  readonly atMs: number
}

export class RemoteKeys {
  readonly #uri: string
  readonly #outgoing: Outgoing
  readonly #clock: Clock
  #known: Known | null = null
  #fetching: Promise<Known> | null = null
  #failure: { readonly error: unknown; readonly atMs: number } | null = null
  #missedAtMs = -Infinity

  constructor(uri: string, outgoing: Outgoing, clock: Clock) {
    this.#uri = uri
    this.#outgoing = outgoing
    this.#clock = clock
  }

  /** @throws whatever jose throws for a key that is not there, or why keys could not be had */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const known = await this.#fresh()
    try {
      return await known.find(header, token)
    } catch (error) {
      const latest = await this.#afterMiss(known)
      if (latest === known) throw error
      return latest.find(header, token)
    }
  }

  async #fresh(): Promise<Known> {
    const known = this.#known
    const age = known === null ? Infinity : this.#clock.now() - known.atMs
    if (known !== null && age < maxAgeMs) return known
    try {
      return await this.#fetch()
    } catch (error) {
      if (known === null || age >= maxAgeAwayMs) throw error
      return known
    }
  }

  /** Somebody names a key that is not among those: perhaps it is now. */
  async #afterMiss(known: Known): Promise<Known> {
    if (this.#known !== null && this.#known !== known) return this.#known
    const now = this.#clock.now()
    if (this.#fetching === null && now - this.#missedAtMs < missEveryMs) return known
    if (this.#fetching === null) this.#missedAtMs = now
    return this.#fetch().catch(() => known)
  }

  #fetch(): Promise<Known> {
    if (this.#fetching !== null) return this.#fetching
    const failure = this.#failure
    if (failure !== null && this.#clock.now() - failure.atMs < retryEveryMs)
      return Promise.reject(failure.error as Error)
    this.#fetching = this.#fetchNow().finally(() => (this.#fetching = null))
    return this.#fetching
  }

  async #fetchNow(): Promise<Known> {
    try {
      const { createLocalJWKSet } = await import('jose')
      const atMs = this.#clock.now()
      const set = (await getJson(this.#outgoing, this.#uri)) as JSONWebKeySet
      this.#known = { find: createLocalJWKSet(set), atMs }
      this.#failure = null
      return this.#known
    } catch (error) {
      this.#failure = { error, atMs: this.#clock.now() }
      throw error
    }
  }
}
