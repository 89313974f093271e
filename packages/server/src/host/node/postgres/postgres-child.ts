/** A Postgres process as a child of ours: its own session, its own environment, dead when we are dead. */
import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { FolderArgument } from './folder-argument.ts'
import type { Account } from './postgres-account.ts'

export interface ChildOptions {
  readonly executable: string
  readonly args: readonly string[]
  readonly account: Account | null
  readonly folder: FolderArgument
}

/** Nothing of our environment: PGPORT, LANG and the like would change what Postgres does. */
export function childEnvironment(): { env?: NodeJS.ProcessEnv } {
  if (process.platform === 'win32') return {}
  return { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' } }
}

/**
 * Starts Postgres so that it ends with us, `kill -9` included. In a session of its own: Ctrl-C in the terminal is for us,
 * who drain requests before Postgres is stopped.
 */
export function spawnPostgres(options: ChildOptions): ChildProcess {
  const setpriv = findSetpriv()
  const { account } = options
  const privileges =
    account === null ? [] : [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups']
  const [command, args] =
    setpriv === null
      ? [options.executable, options.args]
      : [
          setpriv,
          [
            ...privileges,
            '--no-new-privs',
            '--pdeathsig',
            'INT',
            '--',
            options.executable,
            ...options.args,
          ],
        ]
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'pipe', options.folder.descriptor ?? 'ignore'],
    cwd: '/',
    detached: true,
    ...childEnvironment(),
    ...(setpriv === null ? account : null),
  })
  if (setpriv === null && process.platform !== 'win32') watchForOurDeath(child)
  return child
}

/** util-linux's; the one of busybox lacks --pdeathsig, but its systems have no embedded Postgres either. */
function findSetpriv(): string | null {
  if (process.platform !== 'linux') return null
  for (const path of ['/usr/bin/setpriv', '/bin/setpriv']) {
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // look on
    }
  }
  return null
}

/** Without setpriv: a shell that waits for the end of a pipe only we hold open, then stops Postgres. */
function watchForOurDeath(postgres: ChildProcess): void {
  if (postgres.pid === undefined) return
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(postgres.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  })
  // it never keeps us from exiting, and goes before Postgres's number can be reused
  watcher.unref()
  watcher.on('error', () => {})
  watcher.stdin?.on('error', () => {})
  postgres.once('exit', () => watcher.kill('SIGKILL'))
}
