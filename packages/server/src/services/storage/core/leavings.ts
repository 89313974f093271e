/** Whether policies of the project can leave something in a session: where they cannot, reads share connections (half the cost of one). */
import { loadLeavings } from '#base/catalog/introspect'
import type { Project } from '#base/service'

/** Changes announced meanwhile are looked at together. */
const restMs = 500

export class LeavingsKeeper {
  readonly #project: Project
  #reads = true
  #isChanged = false
  #timer: NodeJS.Timeout | null = null
  #stopListening: (() => void) | null = null

  private constructor(project: Project) {
    this.#project = project
  }

  /** Listens, then looks. Until it knows, and after each change until it has looked again, they can. */
  static async open(project: Project): Promise<LeavingsKeeper> {
    const keeper = new LeavingsKeeper(project)
    try {
      keeper.#stopListening = await project.apiDb.listen(
        'pgrst',
        (payload) => {
          if (payload === '' || payload === 'reload schema') keeper.#changed()
        },
        () => keeper.#changed(),
      )
      await keeper.#look()
    } catch (error) {
      // it costs time, nothing else
      project.log.warn('storage does not know what policies leave in sessions', {
        error: String(error),
      })
    }
    return keeper
  }

  /** For statements under a caller's policies. */
  get ofReads(): 'settings' | 'nothing' {
    return this.#reads ? 'settings' : 'nothing'
  }

  close(): void {
    this.#stopListening?.()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #changed(): void {
    this.#reads = true
    this.#isChanged = true
    if (this.#timer !== null) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      this.#look().catch(() => this.#changed())
    }, restMs)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    this.#isChanged = false
    const { reads } = await loadLeavings(this.#project.apiDb)
    if (!this.#isChanged) this.#reads = reads
  }
}
