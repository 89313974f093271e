/** One project of a fleet on this node, through all that can become of it. */
import type { RunningProject } from '#base/service'
import type { ProjectDirectory, ProjectRecord } from '#host/control-plane'
import type { ProjectRuntime } from '#host/gateway'
import { createSequence } from '#base/kernel'
import type { Clock, Log, PlatformError } from '#base/kernel'
import { fleetErrors } from './errors.ts'
import type { OpenedProject, OpenProject } from './opened-project.ts'
import type { OpeningTurns } from './opening-turns.ts'
import { unavailable, within } from './unavailable.ts'

export interface FleetProjectOptions {
  readonly directory: ProjectDirectory
  readonly open: OpenProject
  /** Those that failed before wait for each other only: most likely they fail again, and slowly. */
  readonly turns: { readonly first: OpeningTurns; readonly again: OpeningTurns }
  readonly patienceMs: number
  readonly clock: Clock
  readonly log: Log
}

/** What cannot be opened is tried again after a second, later more rarely; requests meanwhile are refused at once. */
const firstRetryMs = 1_000
const longestRetryMs = 15_000
/** What requests that run may still take when their project is closed or opened anew. */
const drainMs = 30_000

interface Failure {
  readonly retryAtMs: number
  readonly delayMs: number
}

export class FleetProject {
  readonly ref: string
  readonly #options: FleetProjectOptions
  readonly #makeRoom: () => Promise<void>
  #record: ProjectRecord | null = null
  #opened: OpenedProject | null = null
  #opening: Promise<ProjectRuntime> | null = null
  #failure: Failure | null = null
  /** Changes follow each other. */
  readonly #inTurn = createSequence()
  /** What was open before, and still answers what it was asked. */
  #ending: Promise<unknown> = Promise.resolve()
  #requestsSeen = 0
  /** It runs as its record was: what it is now could not be opened yet. */
  #isBehind = false
  #isUnderUpkeep = false
  idleSinceMs: number
  /** There is no project of this ref. */
  isMissing = false

  constructor(ref: string, options: FleetProjectOptions, makeRoom: () => Promise<void>) {
    this.ref = ref
    this.#options = options
    this.#makeRoom = makeRoom
    this.idleSinceMs = options.clock.now()
  }

  /** Nothing was heard of it yet, and nobody is asking. */
  get isUnknown(): boolean {
    return this.#record === null && this.#opening === null
  }

  /** Where requests can be sent at once; else null. */
  runtime: ProjectRuntime | null = null

  get state(): 'closed' | 'opening' | 'open' | 'failing' {
    if (this.#opened !== null) return 'open'
    if (this.#opening !== null) return 'opening'
    return this.#failure === null ? 'closed' : 'failing'
  }

  get running(): RunningProject | null {
    return this.#opened?.stack.running ?? null
  }

  /** Nobody uses it. */
  get isIdle(): boolean {
    if (this.#opening !== null) return false
    const stack = this.#opened?.stack
    return stack === undefined || (stack.runtime.use.running === 0 && !stack.isBusy())
  }

  /** Notices whether anything was asked since the last time. */
  noteUse(): void {
    const total = this.runtime?.use.total ?? 0
    if (total !== this.#requestsSeen) this.idleSinceMs = this.#options.clock.now()
    this.#requestsSeen = total
  }

  /** Opens it, or waits until it is. @throws PlatformError why not */
  async open(): Promise<ProjectRuntime> {
    if (this.runtime !== null) return this.runtime
    const { clock, patienceMs } = this.#options
    // what it is by now is heard of
    if (this.#record !== null) refuseUnlessActive(this.#record)
    if (this.#failure !== null && clock.now() < this.#failure.retryAtMs)
      throw unavailable(this.#failure.retryAtMs - clock.now())
    this.#opening ??= this.#inTurn(() => this.#openNow()).finally(() => (this.#opening = null))
    return within(this.#opening, patienceMs)
  }

  /** Takes up what its record is by now: new settings, or that it is no more to be served. */
  refresh(): Promise<void> {
    return this.#inTurn(() => this.#refreshNow()).catch((error: unknown) =>
      this.#options.log.warn('a change of a project was not taken up; it runs as before', {
        project: this.ref,
        error: String(error),
      }),
    )
  }

  /** Looks whether what its secrets stand for is still the same, and takes up what is not. */
  refreshSecrets(): Promise<void> {
    return this.#upkeep('the secrets of a project could not be read again', async () => {
      const [opened, record] = [this.#opened, this.#record]
      if (opened === null || record === null) return
      if (!this.#isBehind && !opened.hasReferences()) return
      await this.#take(opened, record)
    })
  }

  /** Tries again what could not be taken up. */
  catchUp(): void {
    if (this.#isBehind) void this.refreshSecrets()
  }

  /** Requests that run may take so long. */
  async close(withinMs = drainMs): Promise<void> {
    await this.#inTurn(() => this.#closeNow(withinMs))
    await this.#ending
  }

  /** Closes it, unless its own jobs need it open: then other nodes hear that, too. */
  closeUnlessNeeded(): Promise<void> {
    return this.#upkeep('a project that nobody asks for could not be closed', async () => {
      // somebody may have come while it was asked
      if ((await this.#isNeeded()) || !this.isIdle) return
      await this.#closeNow()
    })
  }

  async #isNeeded(): Promise<boolean> {
    const { directory, log } = this.#options
    if (this.#opened === null || this.#record === null) return false
    try {
      const isNeeded = await this.#opened.stack.hasJobs()
      if (isNeeded !== this.#record.keptOpen) await directory.setKeptOpen(this.ref, isNeeded)
      return isNeeded
    } catch (error) {
      // a database that is away has nobody's jobs to run
      log.debug('a project could not say whether it has jobs', { error: String(error) })
      return false
    }
  }

  /** One at a time: where a database hangs, the next is left out. */
  async #upkeep(problem: string, work: () => Promise<void>): Promise<void> {
    if (this.#isUnderUpkeep) return
    this.#isUnderUpkeep = true
    try {
      await this.#inTurn(work)
    } catch (error) {
      this.#options.log.warn(problem, { project: this.ref, error: String(error) })
    } finally {
      this.#isUnderUpkeep = false
    }
  }

  async #openNow(): Promise<ProjectRuntime> {
    if (this.runtime !== null) return this.runtime
    const record = await this.#readRecord()
    refuseUnlessActive(record)
    await this.#makeRoom()
    try {
      const { turns, open } = this.#options
      const turn = this.#failure === null ? turns.first : turns.again
      const opened = await turn.run(() => open(record, () => this.#refreshSoon()))
      this.#failure = null
      return this.#use(opened)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** The one that is known serves while the control database is away. */
  async #readRecord(): Promise<ProjectRecord> {
    try {
      const record = await this.#options.directory.find(this.ref)
      this.isMissing = record === null
      this.#record = record
    } catch (error) {
      this.#options.log.warn('the control database does not answer', { error: String(error) })
      if (this.#record === null) throw fleetErrors.projects_unavailable()
    }
    if (this.#record === null) throw fleetErrors.project_not_found()
    return this.#record
  }

  #failed(error: unknown): PlatformError {
    const { clock, log } = this.#options
    const delayMs = Math.min((this.#failure?.delayMs ?? firstRetryMs / 2) * 2, longestRetryMs)
    this.#failure = { delayMs, retryAtMs: clock.now() + delayMs }
    const reason = error instanceof Error ? error.message : String(error)
    log.error('a project cannot be opened', { project: this.ref, reason, retry_ms: delayMs })
    return unavailable(delayMs)
  }

  #use(opened: OpenedProject): ProjectRuntime {
    this.#opened = opened
    this.#isBehind = false
    this.runtime = opened.stack.runtime
    this.idleSinceMs = this.#options.clock.now()
    this.#requestsSeen = 0
    return this.runtime
  }

  /** From within a turn of its own: a change this node made itself. */
  async #refreshSoon(): Promise<void> {
    await this.refresh()
  }

  async #refreshNow(): Promise<void> {
    if (this.#record === null) return
    const before = this.#record
    const record = await this.#options.directory.find(this.ref)
    this.isMissing = record === null
    this.#record = record
    // what it failed for may be mended
    this.#failure = null
    const opened = this.#opened
    if (opened === null) return
    // who resumes it does not wait for what it was asked before
    if (record?.status !== 'active') this.#endBehind(this.#closeNow())
    else if (record.version !== before.version) await this.#take(opened, record)
  }

  async #take(opened: OpenedProject, record: ProjectRecord): Promise<void> {
    if (await opened.take(record)) this.#isBehind = false
    else await this.#replace(opened, record)
  }

  /** The new one first, so that no request finds none. */
  async #replace(before: OpenedProject, record: ProjectRecord): Promise<void> {
    try {
      this.#use(await this.#options.open(record, () => this.#refreshSoon()))
    } catch (error) {
      if (await before.staysWith(record)) return this.#stayBehind(error)
      this.runtime = null
      this.#opened = null
      this.#failed(error)
    }
    this.#endBehind(this.#end(before))
  }

  /** Its database may be full at the moment, or a new password not be there yet: what works goes on. */
  #stayBehind(error: unknown): void {
    const about = { project: this.ref, error: String(error) }
    if (!this.#isBehind)
      this.#options.log.warn('a change of a project was not taken up; it runs as before', about)
    this.#isBehind = true
  }

  #endBehind(end: Promise<void>): void {
    this.#ending = Promise.all([this.#ending, end])
  }

  async #closeNow(withinMs = drainMs): Promise<void> {
    const opened = this.#opened
    this.runtime = null
    this.#opened = null
    if (opened !== null) await this.#end(opened, withinMs)
  }

  async #end({ stack }: OpenedProject, withinMs = drainMs): Promise<void> {
    stack.runtime.retire()
    await stack.runtime.use.ended(withinMs)
    await stack.close().catch((error: unknown) =>
      this.#options.log.warn('a project did not close cleanly', {
        project: this.ref,
        error: String(error),
      }),
    )
  }
}

function refuseUnlessActive({ status }: ProjectRecord): void {
  if (status === 'paused') throw fleetErrors.project_paused()
  if (status === 'deleted') throw fleetErrors.project_deleted()
}
