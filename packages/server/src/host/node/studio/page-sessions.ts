/** Sessions of the page where there are no operators: in memory, for as long as the process lives. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '#base/kernel'

const idleMs = 30 * 60_000
const longestMs = 12 * 3_600_000
/** The longest unused one makes room. */
const maxSessions = 100

interface PageSession {
  readonly sinceMs: number
  usedMs: number
}

export class PageSessions {
  readonly #clock: Clock
  /** By the digest of their token, the longest unused first. */
  readonly #sessions = new Map<string, PageSession>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  open(): string {
    const token = randomBytes(32).toString('base64url')
    const now = this.#clock.now()
    this.#sessions.set(digest(token), { sinceMs: now, usedMs: now })
    if (this.#sessions.size > maxSessions) {
      const [oldest] = this.#sessions.keys()
      this.#sessions.delete(oldest as string)
    }
    return token
  }

  /** Whether it is still good; being asked for makes it last. */
  has(token: string): boolean {
    const key = digest(token)
    const found = this.#sessions.get(key)
    if (found === undefined) return false
    const now = this.#clock.now()
    this.#sessions.delete(key)
    if (now - found.usedMs > idleMs || now - found.sinceMs > longestMs) return false
    this.#sessions.set(key, { ...found, usedMs: now })
    return true
  }

  end(token: string): void {
    this.#sessions.delete(digest(token))
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
