/** `basalt stop`: ends the process that runs this project. */
import { setTimeout as sleep } from 'node:timers/promises'
import { discardDatabase, runningPid } from '@basalt/server/local'
import { CliError } from '#terminal'
import { workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface StopOptions extends CommonOptions {
  /** False deletes the data. */
  readonly backup: boolean
}

/** Longer than `basalt.shutdown_timeout` and a slow checkpoint together. */
const patienceMs = 60_000

export async function stop(terminal: Terminal, options: StopOptions): Promise<void> {
  const workdir = workdirOf(terminal, options)
  const pid = runningPid(workdir)
  if (pid === null) {
    if (options.backup) throw new CliError(`basalt start is not running in ${workdir}.`)
  } else {
    await end(workdir, pid)
    terminal.err('Stopped.\n')
  }
  if (options.backup) return
  await discardDatabase(workdir)
  terminal.err('Deleted the data.\n')
}

async function end(workdir: string, pid: number): Promise<void> {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    throw new CliError(`Process ${pid} cannot be stopped: ${(error as Error).message}.`)
  }
  const deadline = performance.now() + patienceMs
  while (runningPid(workdir) === pid) {
    if (performance.now() > deadline) {
      throw new CliError(
        `Process ${pid} has not ended within ${patienceMs / 1000} s. End it with: kill -9 ${pid}`,
      )
    }
    await sleep(20)
  }
}
