/** How far behind the log we are: for the metrics, and a warning while there is time. */
import type { Project } from '#base/service'

/** Of the 1 GB that the embedded Postgres keeps for a slot. */
const warnAtBytes = 512 * 1024 * 1024

export class LagWatch {
  readonly #project: Project
  readonly #stats: { lagBytes: number }
  #hasWarned = false

  constructor({
    project,
    stats,
  }: {
    readonly project: Project
    readonly stats: { lagBytes: number }
  }) {
    this.#project = project
    this.#stats = stats
  }

  see(bytes: number): void {
    this.#stats.lagBytes = Math.max(0, bytes)
    if (bytes <= warnAtBytes / 2) this.#hasWarned = false
    if (bytes <= warnAtBytes || this.#hasWarned) return
    this.#hasWarned = true
    this.#project.log.warn(
      'realtime is far behind the changes of the database, which keeps its log',
      {
        lag_bytes: bytes,
        hint: 'Postgres gives the slot up at max_slot_wal_keep_size; changes are then lost',
      },
    )
  }
}
