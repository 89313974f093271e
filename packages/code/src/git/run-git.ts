/** git as a child process: an environment of its own, no hooks, no helpers, no prompts, limits of size and time. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

export interface GitLimits {
  /** Of any file it writes. */
  readonly maxFileBytes: number
  readonly timeoutMs: number
}

export interface GitOptions {
  readonly directory: string
  readonly limits: GitLimits
  readonly signal: AbortSignal
  /** `name=value` */
  readonly settings?: readonly string[]
  readonly variables?: Readonly<Record<string, string>>
}

export class GitError extends Error {
  override readonly name = 'GitError'
  readonly isTimeout: boolean

  constructor(message: string, isTimeout: boolean) {
    super(message)
    this.isTimeout = isTimeout
  }
}

const settings = [
  'core.hooksPath=/dev/null',
  'core.symlinks=false',
  'core.fsmonitor=false',
  'core.askPass=/bin/false',
  'core.bigFileThreshold=1m',
  'credential.helper=',
  'gc.auto=0',
  'maintenance.auto=false',
  'protocol.allow=never',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'transfer.fsckObjects=false',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  'pack.threads=1',
  'pack.windowMemory=64m',
  'pack.deltaCacheSize=16m',
  'core.packedGitLimit=256m',
  'core.packedGitWindowSize=32m',
  'core.deltaBaseCacheLimit=32m',
]
const killAfterMs = 2_000
const blockBytes = 512
/**
 * Of memory, in kB, each of git's processes: what a server tells about refs is kept by them, and a server may tell 4 GB of
 * it in twelve seconds. What index-pack needs is far below.
 */
const maxMemoryKb = 1_572_864
const keptErrorBytes = 4_096

/** The child; its end is that of `finished`. What it writes is read from `child.stdout`. */
export interface RunningGit {
  readonly child: ChildProcess
  /** @throws GitError */
  readonly finished: Promise<void>
}

export function startGit(args: readonly string[], options: GitOptions): RunningGit {
  const all = [...settings, ...(options.settings ?? [])].flatMap((setting) => ['-c', setting])
  const blocks = Math.ceil(options.limits.maxFileBytes / blockBytes)
  // limits of the shell hold for what it becomes
  const script = `ulimit -c 0; ulimit -f ${blocks}; ulimit -v ${maxMemoryKb}; exec git "$@"`
  const child = spawn('/bin/sh', ['-c', script, 'git', ...all, ...args], {
    cwd: options.directory,
    env: environment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    // a group of its own: git has children
    detached: true,
  })
  return { child, finished: follow(child, options, args[0] ?? '') }
}

function environment(options: GitOptions): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: options.directory,
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS: '/bin/false',
    GIT_CEILING_DIRECTORIES: '/',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_PROTOCOL_FROM_USER: '0',
    ...options.variables,
  }
}

function follow(child: ChildProcess, { limits, signal }: GitOptions, name: string): Promise<void> {
  let said = ''
  let reason: string | null = null
  child.stderr?.setEncoding('utf8')
  child.stderr?.on('data', (text: string) => (said = (said + text).slice(-keptErrorBytes)))
  child.stdin?.on('error', () => {})
  const end = (why: string) => (): void => {
    reason ??= why
    killGroup(child, 'SIGTERM')
    setTimeout(() => killGroup(child, 'SIGKILL'), killAfterMs).unref()
  }
  const timer = setTimeout(
    end(`took longer than ${Math.round(limits.timeoutMs / 1_000)} s`),
    limits.timeoutMs,
  )
  const stop = end('was stopped')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, killed) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      if (code === 0) return resolve()
      const isTooLarge = killed === 'SIGXFSZ' || /SIGXFSZ|File size limit|signal 25/.test(said)
      const why =
        reason ??
        (isTooLarge
          ? 'is larger than the limit'
          : lastLines(said) || `ended with ${code ?? killed}`)
      reject(new GitError(`git ${name} ${why}`, reason !== null))
    })
  })
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // gone meanwhile
  }
}

/** What it said, without progress and control characters. */
function lastLines(said: string): string {
  const lines = said
    .split(/[\r\n]+/)
    .filter((line) =>
      /^(fatal|error|remote|warning):|^Host key verif|: Permission denied \(/.test(line),
    )
  return lines
    .slice(-3)
    .join('; ')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 500)
}

const maxOutputBytes = 1_000_000

/** All that it says, of a command that says little. */
export async function runGit(args: readonly string[], options: GitOptions): Promise<string> {
  const { child, finished } = startGit(args, options)
  child.stdin?.end()
  const parts: Buffer[] = []
  let length = 0
  child.stdout?.on('data', (part: Buffer) => {
    length += part.length
    if (length <= maxOutputBytes) parts.push(part)
  })
  await finished
  return Buffer.concat(parts).toString('utf8')
}
