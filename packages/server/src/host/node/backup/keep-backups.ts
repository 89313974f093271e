/** Backups of a project that runs: all of it at the times of its schedule, its log and new objects as they are written. */
import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionOptions } from '#base/db'
import type { Log } from '#base/kernel'
import { Archive, clusterName, copyNewObjects, idAt, listBackups } from '#host/backup'
import { nextTime, parseSchedule } from '#services/extensions'
import { blobFolder } from '#host/node/blobs'
import { StartError } from '#host/node/core'
import { lineageOf, openBackupPlace, systemOfDatabase } from './backup-place.ts'
import type { BackupPlace, BackupPlaceOptions } from './backup-place.ts'
import { createLocalBackup } from './create-local.ts'
import { diskObjects, heldFolder, listObjects } from './disk-objects.ts'
import { readGap, removeGap, writeGap } from './gap-file.ts'
import { verifyLocalBackup } from './verify-local.ts'

export interface KeepBackupsOptions extends BackupPlaceOptions {
  /** Of a database of one's own; null: the embedded one. */
  readonly databaseUrl: string | null
  /** Where the database is now: its user may replicate. */
  readonly connection: () => ConnectionOptions
  readonly port: () => number
  readonly log: Log
}

export interface BackupState {
  /** ms since the epoch; null for never. */
  readonly lastSuccessMs: number | null
  readonly lastVerifiedMs: number | null
  /** How long the last try to restore took. */
  readonly verifySeconds: number | null
  /** Up to when all that was acknowledged is stored; where that is not known, since when it is not. */
  readonly coveredMs: number
  readonly failures: number
  readonly keptBytes: number
}

const lastBackupMs = 10_000
/** A target that takes requests and does not answer keeps neither a start nor a stop waiting for longer. */
const beginMs = 2_000
const lastLogMs = 10_000
/** By so much the clock of the database may differ. */
const slackMs = 60_000
const retryMs = 10 * 60_000
const objectsEveryMs = 60_000
/** A timer's longest, and how late a clock that was set is noticed. */
const longestMs = 60 * 60_000

/** @throws StartError for a schedule that is none, BackupError for a key or target that cannot be */
export async function keepBackups(options: KeepBackupsOptions): Promise<BackupKeeper> {
  const times = parseSchedule(options.config['basalt.backup.schedule'])
  if (times?.kind !== 'times' || nextTime(times.times, Date.now()) === null)
    throw new StartError(
      'config',
      `basalt.backup.schedule is "${options.config['basalt.backup.schedule']}": expected five fields of a time that comes, as 0 2 * * *`,
    )
  const place = openBackupPlace(options)
  const keeper = new BackupKeeper(options, place, (afterMs) => nextTime(times.times, afterMs))
  await keeper.start()
  return keeper
}

export class BackupKeeper {
  readonly #options: KeepBackupsOptions
  readonly #place: BackupPlace
  readonly #nextTime: (afterMs: number) => number | null
  readonly #archive: Archive
  readonly #begunMs = Date.now()
  #system = ''
  #lastSuccessMs: number | null = null
  #lastVerifiedMs: number | null = null
  #verifySeconds: number | null = null
  #failures = 0
  #dueMs = Number.POSITIVE_INFINITY
  #objectsSinceMs = 0
  #opening: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | null = null
  #objectsTimer: NodeJS.Timeout | null = null
  #work: Promise<void> = Promise.resolve()
  #objectsWork: Promise<void> = Promise.resolve()
  /** There was a gap, and no backup since: that is how far a restore gets. */
  #isBroken = false
  #brokenMs: number | null = null
  #gaps = 0
  #isStarted = false
  #isStopped = false

  constructor(
    options: KeepBackupsOptions,
    place: BackupPlace,
    next: (afterMs: number) => number | null,
  ) {
    this.#options = options
    this.#place = place
    this.#nextTime = next
    this.#archive = new Archive({
      ...place,
      connection: options.connection,
      lineage: lineageOf(options.workdir),
      owner: `${hostname()}:${resolve(options.workdir)}`,
      flushMs: options.config['basalt.backup.flush'],
      log: options.log,
      onGap: (why) => this.#backUpNow(why),
    })
  }

  get state(): BackupState {
    const { failures, keptBytes } = this.#archive.state
    return {
      lastSuccessMs: this.#lastSuccessMs,
      lastVerifiedMs: this.#lastVerifiedMs,
      verifySeconds: this.#verifySeconds,
      coveredMs: (this.#isBroken ? this.#brokenMs : this.#archive.state.coveredMs) ?? this.#begunMs,
      failures: this.#failures + failures,
      keptBytes,
    }
  }

  async start(): Promise<void> {
    const system = await systemOfDatabase(this.#options.connection())
    this.#system = clusterName(system, lineageOf(this.#options.workdir))
    await this.#holdObjects()
    this.#opening = this.#open()
    if (!(await isWithin(beginMs, this.#opening)))
      this.#options.log.warn('The place of the backups does not answer yet; it is waited for', {
        place: this.#place.target.place,
      })
  }

  async #open(): Promise<void> {
    const gapMs = readGap(this.#options.workdir)
    if (gapMs !== undefined) {
      this.#brokenMs = gapMs
      this.#isBroken = true
    }
    await Promise.all([this.#readBackups(), this.#archive.start()])
    // one whose time came while nothing ran
    const lastMs = this.#isBroken ? 0 : (this.#lastSuccessMs ?? 0)
    this.#due(this.#nextTime(lastMs) ?? Number.POSITIVE_INFINITY)
    this.#isStarted = true
    this.#wait()
    this.#followObjects()
  }

  async #readBackups(): Promise<void> {
    const { target, key } = this.#place
    const all = await listBackups(target, key, this.#system).catch((error: unknown) => {
      this.#report('The backups cannot be listed', error)
      return []
    })
    // a clock that was wrong has made those of the future
    const listed = all.filter(({ id }) => id < idAt(Date.now() + slackMs))
    const newest = listed.at(-1)
    const verified = listed.findLast(({ verification }) => verification?.ok === true)?.verification
    if (newest !== undefined && newest.manifest === null)
      this.#backUpNow('the newest cannot be read: the key is another, or it is damaged', null)
    if (newest?.manifest != null) this.#lastSuccessMs = Date.parse(newest.manifest.endedAt)
    if (verified != null) {
      this.#lastVerifiedMs = Date.parse(verified.verifiedAt)
      this.#verifySeconds = verified.seconds
    }
  }

  /** What was committed by now is stored. A backup that is being made is waited for a while, then it fails with its database. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    if (this.#objectsTimer !== null) clearTimeout(this.#objectsTimer)
    await isWithin(lastBackupMs, this.#work)
    if (!(await isWithin(lastLogMs, this.#storeLast())))
      this.#options.log.error('What was written last is not in the backups: they do not answer', {
        place: this.#place.target.place,
      })
    await this.#place.target.close()
  }

  async #storeLast(): Promise<void> {
    await Promise.all([this.#archive.stop(), this.#objectsWork.then(() => this.#copyObjects())])
  }

  #wait(): void {
    if (!this.#isStarted || this.#isStopped) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    const ms = Math.max(0, Math.min(longestMs, this.#dueMs - Date.now()))
    this.#timer = setTimeout(() => this.#wake(), ms).unref()
  }

  #wake(): void {
    const nowMs = Date.now()
    if (nowMs < this.#dueMs) {
      // the clock may have been set back
      this.#due(this.#nextTime(nowMs) ?? Number.POSITIVE_INFINITY)
      this.#wait()
    } else this.#work = this.#work.then(() => this.#backUp()).finally(() => this.#wait())
  }

  /** The log behind a gap leads nowhere before there is a backup behind it. */
  #backUpNow(why: string, untilMs = this.#archive.state.coveredMs): void {
    if (!this.#isBroken) this.#brokenMs = untilMs
    this.#isBroken = true
    this.#gaps++
    writeGap(this.#options.workdir, this.#brokenMs)
    this.#options.log.info('A backup of the whole database is due', { reason: why })
    this.#dueMs = Date.now()
    this.#wait()
  }

  async #backUp(): Promise<void> {
    if (this.#isStopped || Date.now() < this.#dueMs) return
    const { workdir, config, databaseUrl, log } = this.#options
    this.#dueMs = Number.POSITIVE_INFINITY
    const gaps = this.#gaps
    try {
      const manifest = await createLocalBackup({
        workdir,
        config,
        databaseUrl: databaseUrl ?? undefined,
        runningPort: this.#options.port(),
        onProgress: () => {},
        onWarning: (message) => log.warn(message),
      })
      this.#lastSuccessMs = Date.parse(manifest.endedAt)
      if (gaps === this.#gaps) {
        this.#isBroken = false
        removeGap(workdir)
      }
      log.info('A backup was made', { id: manifest.id })
      if (config['basalt.backup.verify'] && !this.#isStopped) await this.#verify(manifest.id)
      this.#due(this.#nextTime(Date.now()) ?? Number.POSITIVE_INFINITY)
    } catch (error) {
      this.#report('The backup failed; it is tried again in ten minutes', error)
      this.#due(Date.now() + retryMs)
    }
  }

  /** Not later than what has become due meanwhile. */
  #due(ms: number): void {
    this.#dueMs = Math.min(this.#dueMs, ms)
  }

  async #verify(id: string): Promise<void> {
    const { workdir, config, log } = this.#options
    const { verification } = await verifyLocalBackup({ workdir, config, id, onProgress: () => {} })
    this.#verifySeconds = verification.seconds
    if (verification.ok) {
      this.#lastVerifiedMs = Date.parse(verification.verifiedAt)
      log.info('The backup was restored for a try', { id, seconds: verification.seconds })
      return
    }
    this.#failures++
    log.error('The backup cannot be restored', { id, error: verification.message })
  }

  #followObjects(): void {
    if (this.#isStopped || blobFolder(this.#options.workdir, this.#options.config) === null) return
    this.#objectsTimer = setTimeout(() => {
      this.#objectsWork = this.#copyObjects().finally(() => this.#followObjects())
    }, objectsEveryMs).unref()
  }

  /** From now on the bytes of what is deleted stay until they are copied. */
  async #holdObjects(): Promise<void> {
    await diskObjects(this.#options.workdir, this.#options.config)?.hold()
  }

  /** Those that were written since the last time, and those that were deleted since. */
  async #copyObjects(): Promise<void> {
    const { workdir, config } = this.#options
    const root = blobFolder(workdir, config)
    if (root === null) return
    try {
      await this.#holdObjects()
      // a clock of a file system may be a bit behind
      const begunMs = Date.now() - 2_000
      const { target, key } = this.#place
      for await (const path of copyNewObjects({
        target,
        key,
        system: this.#system,
        files: listObjects(root, begunMs < this.#objectsSinceMs ? 0 : this.#objectsSinceMs),
      }))
        if (path.startsWith(heldFolder(root))) await rm(path, { force: true })
      this.#objectsSinceMs = begunMs
    } catch (error) {
      this.#report('New objects could not be copied to the backups', error)
    }
  }

  #report(what: string, error: unknown): void {
    this.#failures++
    this.#options.log.error(what, { error: error instanceof Error ? error.message : String(error) })
  }
}

async function isWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  return Promise.race([work.then(() => true), sleep(ms, false, { ref: false })])
}
