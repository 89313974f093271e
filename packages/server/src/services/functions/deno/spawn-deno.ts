/** Starts Deno with nothing of our environment, as nobody where we are root, and with what the operating system limits by itself. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openCacheFolder } from './cache-folder.ts'
import { denoEnvironment } from './deno-host.ts'
import type { DenoHost } from './deno-host.ts'

/** Of a process in its whole life, also where nobody watches it any more: ours retire long before. */
const cpuSeconds = 400
const openFiles = 1024
/** What `ulimit -f` counts in. */
const blockBytes = 512

export function spawnDeno(
  host: DenoHost,
  args: readonly string[],
  options: { readonly cwd: string; readonly maxFileBytes: number },
): ChildProcess {
  const binary = host.binary()
  openCacheFolder(host)
  const common = {
    cwd: options.cwd,
    env: denoEnvironment(host),
    stdio: ['pipe', 'pipe', 'pipe'] as ['pipe', 'pipe', 'pipe'],
    ...host.account,
  }
  if (process.platform === 'win32') return spawn(binary, args, common)
  const blocks = Math.ceil(options.maxFileBytes / blockBytes)
  const script = `ulimit -c 0; ulimit -t ${cpuSeconds}; ulimit -n ${openFiles}; ulimit -f ${blocks}; exec "$0" "$@"`
  return spawn('/bin/sh', ['-c', script, binary, ...args], common)
}
