/** Who may hold how many connections: long statements leave some to short ones, and no role of them takes all. */

/** `shared`: beside others. `short`: alone, and known to be done soon. `long`: alone, and not known to be. */
export type Use = 'shared' | 'short' | 'long'

/** Sixteen slow calls made a read of one row wait for 2.3 s; it finds a connection of this part. */
const shortPart = 0.25
/** Of what long statements may hold together. */
const rolePart = 0.75
/** Fewer connections are not divided. */
const dividedFrom = 8

export class ConnectionShares {
  readonly #maxLong: number
  readonly #maxOfRole: number
  readonly #byRole = new Map<string, number>()
  #long = 0

  constructor(max: number) {
    const kept = max < dividedFrom ? 0 : Math.floor(max * shortPart)
    this.#maxLong = max - kept
    this.#maxOfRole = max < dividedFrom ? this.#maxLong : Math.floor(this.#maxLong * rolePart)
  }

  mayTake(use: Use, role: string): boolean {
    if (use !== 'long') return true
    return this.#long < this.#maxLong && (this.#byRole.get(role) ?? 0) < this.#maxOfRole
  }

  take(use: Use, role: string): void {
    if (use !== 'long') return
    this.#long++
    this.#byRole.set(role, (this.#byRole.get(role) ?? 0) + 1)
  }

  give(use: Use, role: string): void {
    if (use !== 'long') return
    this.#long--
    const left = (this.#byRole.get(role) ?? 1) - 1
    if (left > 0) this.#byRole.set(role, left)
    else this.#byRole.delete(role)
  }
}
