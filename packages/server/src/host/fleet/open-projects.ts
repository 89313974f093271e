/** The projects of a fleet on this node: opened when they are first asked for, closed when nobody asks any more. */
import type { RunningProject } from '#base/service'
import type { ProjectDirectory } from '#host/control-plane'
import type { ProjectRuntime } from '#host/gateway'
import { BoundedCache } from '#base/kernel'
import type { Clock, Log } from '#base/kernel'
import { fleetErrors } from './errors.ts'
import { FleetProject } from './fleet-project.ts'
import type { OpenProject } from './opened-project.ts'
import { OpeningTurns } from './opening-turns.ts'

export interface OpenProjectsOptions {
  readonly directory: ProjectDirectory
  readonly open: OpenProject
  /** Most projects that are open at a time. */
  readonly maxProjects: number
  /** A project nobody asked for so long is closed. */
  readonly idleMs: number
  /** Secrets that are kept elsewhere are looked at this often. */
  readonly secretsMs: number
  /** How long a request waits for its project. */
  readonly patienceMs: number
  readonly clock: Clock
  readonly log: Log
}

export interface ProjectStats {
  readonly state: 'closed' | 'opening' | 'open' | 'failing'
  readonly running: number
  readonly requests: number
}

/** Refs that are none are remembered, so that whoever tries some costs the control database nothing. */
const knownMissing = 10_000
/** Of those with jobs, so many at once: projects that are asked for meanwhile should not wait for them. */
const openingAtOnce = 2

export class OpenProjects {
  readonly #options: OpenProjectsOptions
  readonly #projects = new Map<string, FleetProject>()
  readonly #missing = new BoundedCache<string, true>(knownMissing)
  readonly #turns = { first: new OpeningTurns(), again: new OpeningTurns() }
  readonly #timers: readonly NodeJS.Timeout[]
  #closing = false
  #isOpeningKept = false

  constructor(options: OpenProjectsOptions) {
    this.#options = options
    options.directory.onChange((ref) => this.#changed(ref))
    const everyMs = Math.min(30_000, options.idleMs / 2)
    this.#timers = [
      setInterval(() => this.#closeIdle(), everyMs),
      setInterval(() => void this.openKept(), everyMs),
      setInterval(() => this.#refreshSecrets(), options.secretsMs),
    ]
    for (const timer of this.#timers) timer.unref()
  }

  /** @throws project_not_found, project_paused, project_deleted, project_unavailable, projects_unavailable, node_full */
  find(ref: string): ProjectRuntime | Promise<ProjectRuntime> {
    const project = this.#projects.get(ref)
    return project?.runtime ?? this.#open(ref)
  }

  stats(ref: string): ProjectStats {
    const project = this.#projects.get(ref)
    const use = project?.runtime?.use
    return {
      state: project?.state ?? 'closed',
      running: use?.running ?? 0,
      requests: use?.total ?? 0,
    }
  }

  /** Null where it is not open on this node. */
  running(ref: string): RunningProject | null {
    return this.#projects.get(ref)?.running ?? null
  }

  get size(): number {
    return this.#projects.size
  }

  /** Projects with jobs of their own, which run without anybody asking; those that could not be opened before, too. */
  async openKept(): Promise<void> {
    if (this.#isOpeningKept) return
    this.#isOpeningKept = true
    const { directory, log } = this.#options
    try {
      const refs = [...(await directory.keptOpen())]
      const openNext = async (): Promise<void> => {
        for (let ref = refs.pop(); ref !== undefined && !this.#closing; ref = refs.pop())
          await this.#open(ref).catch((error: unknown) =>
            log.debug('a project with jobs is not open', { project: ref, error: String(error) }),
          )
      }
      await Promise.all(Array.from({ length: openingAtOnce }, openNext))
    } catch (error) {
      log.warn('projects with jobs could not be looked for', { error: String(error) })
    } finally {
      this.#isOpeningKept = false
    }
  }

  /** Requests have had their time. */
  async close(): Promise<void> {
    this.#closing = true
    for (const timer of this.#timers) clearInterval(timer)
    await Promise.all([...this.#projects.values()].map((project) => project.close(0)))
    this.#projects.clear()
  }

  async #open(ref: string): Promise<ProjectRuntime> {
    if (this.#missing.get(ref) === true) throw fleetErrors.project_not_found()
    let project = this.#projects.get(ref)
    if (project === undefined) {
      const options = { ...this.#options, turns: this.#turns }
      project = new FleetProject(ref, options, () => this.#makeRoom(ref))
      this.#projects.set(ref, project)
    }
    try {
      return await project.open()
    } finally {
      if (project.isMissing) this.#missing.set(ref, true)
      // nor are names kept that nobody could be asked about
      const isNone = project.isMissing || project.isUnknown
      if (isNone && this.#projects.get(ref) === project) this.#projects.delete(ref)
    }
  }

  /** One more is to be opened: perhaps another has to go. @throws node_full */
  async #makeRoom(ref: string): Promise<void> {
    const open = [...this.#projects.values()].filter(
      (project) => project.ref !== ref && (project.state === 'open' || project.state === 'opening'),
    )
    if (open.length < this.#options.maxProjects) return
    const idle = open
      .filter((project) => project.isIdle)
      .toSorted((one, other) => one.idleSinceMs - other.idleSinceMs)
    const [longest] = idle
    if (longest === undefined) throw fleetErrors.node_full()
    await longest.close()
  }

  #changed(ref: string | null): void {
    if (ref === null) this.#missing.clear()
    else this.#missing.delete(ref)
    for (const project of this.#projects.values())
      if (ref === null || project.ref === ref) void project.refresh()
  }

  /** Each on its own: a database that hangs holds up nobody else's. */
  #refreshSecrets(): void {
    for (const project of this.#projects.values()) void project.refreshSecrets()
  }

  #closeIdle(): void {
    const { idleMs, clock } = this.#options
    for (const project of this.#projects.values()) {
      project.noteUse()
      project.catchUp()
      if (clock.now() - project.idleSinceMs < idleMs || !project.isIdle) continue
      if (project.state === 'closed') this.#projects.delete(project.ref)
      else void project.closeUnlessNeeded()
    }
  }
}
