/** One run of the postmaster: launched, watched until ready, stopped. */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#base/kernel'
import { folderArgument } from './folder-argument.ts'
import type { Account } from './postgres-account.ts'
import type { Binaries } from './postgres-binaries.ts'
import type { ExtensionSetup } from './prepare-extensions.ts'
import { spawnPostgres } from './postgres-child.ts'
import { explainFailure } from './postgres-failure.ts'
import { settingsArguments } from './postgres-settings.ts'
import { endLeftoverBackends, readPostmasterPid } from './running-postmaster.ts'
import { StartError } from '#host/node/core'

export type StopMode = 'fast' | 'immediate'

export interface PostgresExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface PostmasterOptions {
  readonly dataDir: string
  readonly port: number
  readonly socketDir: string | null
  readonly settings: Readonly<Record<string, string>>
  readonly extensions: ExtensionSetup
  readonly account: Account | null
  readonly binaries: Binaries
  readonly log: Log
  /** It replays a log, for as long as that takes, and counts as ready when it can be looked at. */
  readonly recovers?: boolean
}

export interface RunningPostmaster {
  readonly pid: number
  readonly port: number
  stop(mode: StopMode): Promise<void>
  readonly exited: Promise<PostgresExit>
}

/** How often the status file is read while Postgres starts; a start takes 25 to 60 ms. */
const pollMs = 4
/** Recovery after a crash replays at most `max_wal_size`; this is for a very slow disk. */
const readyWithinMs = 120_000
/** A log of days is replayed in minutes. */
const recoveredWithinMs = 24 * 60 * 60_000
const fastStopWithinMs = 10_000

export async function launchPostmaster(options: PostmasterOptions): Promise<RunningPostmaster> {
  const attempt = spawnAttempt(options)
  const failure = await attempt.ready()
  if (failure === null) return attempt.running()
  // backends of a killed postmaster may outlive it for a moment
  if (!/shared memory block .* still in use/.test(attempt.output())) throw failure
  await endLeftoverBackends(options.dataDir)
  const second = spawnAttempt(options)
  const secondFailure = await second.ready()
  if (secondFailure !== null) throw secondFailure
  return second.running()
}

interface Attempt {
  /** Null when ready, else why not. */
  ready(): Promise<StartError | null>
  running(): RunningPostmaster
  output(): string
}

function spawnAttempt(options: PostmasterOptions): Attempt {
  const folder = folderArgument(options.dataDir, options.account)
  const child = spawnPostgres({
    executable: options.extensions.postgres,
    args: [
      '-D',
      folder.path,
      ...settingsArguments({ ...options, version: options.binaries.version }),
    ],
    account: options.account,
    folder,
  })
  folder.close()
  const output = collectOutput(child, options.log)
  const end = watchEnd(child)
  return {
    output: () => output.text(),
    ready: () => becomesReady(options, child, output, end),
    running: () => ({
      pid: child.pid ?? 0,
      port: options.port,
      exited: end.exited,
      stop: (mode) => stopChild(child, end.exited, mode),
    }),
  }
}

interface Output {
  text(): string
  /** From now on lines go to the log and are no longer kept. */
  settle(): void
}

function collectOutput(child: ChildProcess, log: Log): Output {
  let kept = ''
  let keeping = true
  let partial = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (keeping) kept = (kept + text).slice(-16_384)
    const lines = (partial + text).split('\n')
    partial = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') logLine(log, line)
  })
  return {
    text: () => kept,
    settle: () => {
      keeping = false
      kept = ''
    },
  }
}

function logLine(log: Log, line: string): void {
  const message = `postgres: ${line.replace(/^LOG:\s+/, '')}`
  if (line.startsWith('PANIC:')) log.error(message)
  else log.debug(message)
}

interface End {
  readonly exited: Promise<PostgresExit>
  /** Null while it runs. */
  reason(): string | null
}

function watchEnd(child: ChildProcess): End {
  let reason: string | null = null
  const exited = new Promise<PostgresExit>((resolve) => {
    child.once('error', (error) => {
      reason = error.message
      resolve({ code: null, signal: null })
    })
    // `close`, not `exit`: everything it wrote has then been read
    child.once('close', (code, signal) => {
      reason ??= signal === null ? `exit code ${code}` : `signal ${signal}`
      resolve({ code, signal })
    })
  })
  return { exited, reason: () => reason }
}

async function becomesReady(
  options: PostmasterOptions,
  child: ChildProcess,
  output: Output,
  end: End,
): Promise<StartError | null> {
  const isRecovering = options.recovers === true
  const deadline = performance.now() + (isRecovering ? recoveredWithinMs : readyWithinMs)
  for (;;) {
    const ended = end.reason()
    if (ended !== null) {
      return explainFailure({ ...options, output: output.text(), end: ended })
    }
    const status = readPostmasterPid(options.dataDir)
    const isReady = status?.status === 'ready' || (isRecovering && status?.status === 'standby')
    if (status?.pid === child.pid && isReady) {
      output.settle()
      return null
    }
    if (performance.now() > deadline) {
      await stopChild(child, end.exited, 'immediate')
      return new StartError(
        'postgres-failed',
        `Postgres was not ready within ${readyWithinMs / 1000} s. Data folder: ${options.dataDir}.`,
      )
    }
    await sleep(pollMs)
  }
}

async function stopChild(
  child: ChildProcess,
  exited: Promise<PostgresExit>,
  mode: StopMode,
): Promise<void> {
  const patience: [NodeJS.Signals, number][] = [
    ['SIGQUIT', 5000],
    ['SIGKILL', 5000],
  ]
  if (mode === 'fast') patience.unshift(['SIGINT', fastStopWithinMs])
  for (const [signal, ms] of patience) {
    child.kill(signal)
    const timer = new AbortController()
    const late = sleep(ms, 'late', { signal: timer.signal }).catch(() => 'late')
    const outcome = await Promise.race([exited, late])
    timer.abort()
    if (outcome !== 'late') return
  }
}
