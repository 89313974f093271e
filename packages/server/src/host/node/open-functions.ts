/** What functions run in on this machine: Deno, as nobody who owns anything, in folders of its own. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Config } from '#base/config'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { Log } from '#base/kernel'
import type { Upgrade } from '#base/service'
import {
  createPreparer,
  findDeno,
  FolderSource,
  FunctionStats,
  installDeno,
  MissingRuntime,
  MemoryLogs,
} from '#services/functions'
import type { DenoHost, FunctionsRuntime } from '#services/functions'
import { serve } from '#host/node/http'
import { canReach } from '#host/node/postgres'
import { asFunction } from './as-function.ts'

export interface FunctionsOptions {
  /** Holds `supabase/functions`. */
  readonly workdir: string
  readonly config: Config
  readonly log: Log
  /** `SUPABASE_DB_URL`, of the project's owner; null: they have none. */
  readonly databaseUrl: string | null
  /** The platform, once it is there: what functions call. */
  readonly platform: () => Api
}

interface Api {
  readonly externalUrl: string
  handle(request: HttpRequest): Promise<HttpResponse>
  upgrade(request: HttpRequest): Promise<Upgrade>
}

/** Not that of Postgres' data (60900): who breaks out of Deno finds nothing that is its own. */
const functionsAccount = { uid: 60_901, gid: 60_901 }
/** Of Unix sockets: Linux takes 107 bytes, macOS 103; `/w-123456/s` comes behind it. */
const maxFolderBytes = 80

/** Nothing is made before the first call. */
export function openFunctions(options: FunctionsOptions): FunctionsRuntime {
  const { workdir, config, log } = options
  let opened: DenoHost | null = null
  const host = (): DenoHost => (opened ??= openHost(workdir, config))
  const prepare = createPreparer(host)
  return {
    host,
    prepare,
    deployedFolder: () => folderIn(host().folder, 'deployed'),
    logs: new MemoryLogs(log),
    stats: new FunctionStats(),
    databaseUrl: options.databaseUrl,
    source: (project) =>
      new FolderSource({
        workdir,
        config: () => project.config,
        folder: () => folderIn(host().folder, 'functions'),
        prepare,
        log,
        now: () => project.clock.now(),
      }),
    openGate: (path) => openGate(path, options),
  }
}

async function openGate(
  path: string,
  { config, log, platform }: FunctionsOptions,
): Promise<{ close(): Promise<void> }> {
  const host = new URL(platform().externalUrl).host
  const listening = await serve({
    host: '',
    port: 0,
    purpose: 'functions',
    portOption: 'api.port',
    unixSocket: { path, mode: 0o666 },
    handle: (request) => platform().handle(asFunction(request, host)),
    upgrade: (request) => platform().upgrade(asFunction(request, host)),
    log,
    maxHeaderBytes: config['basalt.max_header_size'] + config['basalt.max_url_length'],
    headerTimeoutMs: config['basalt.header_timeout'],
    requestTimeoutMs: config['basalt.request_timeout'],
    keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
    maxBodyBytesInFlight: config['basalt.max_bodies'],
  })
  return { close: () => listening.close(0) }
}

function openHost(workdir: string, config: Config): DenoHost {
  const isRoot = process.geteuid?.() === 0
  const account = isRoot ? functionsAccount : null
  const sockets = ownFolder(workdir, isRoot)
  // what a process that was killed left
  for (const name of readdirSync(sockets)) if (/^[wb]-/.test(name)) remove(join(sockets, name))
  const folder = isRoot
    ? folderIn(sockets, 'run')
    : folderIn(join(workdir, 'supabase/.temp'), 'functions')
  if (account !== null) chownSync(folder, account.uid, account.gid)
  let binary: string | null = null
  return {
    account,
    folder,
    sockets,
    npmRegistry: config['basalt.functions.npm_registry'],
    binary: () => (binary ??= reachable(locate(config), sockets, account)),
  }
}

function remove(path: string): void {
  chmodSync(path, 0o755)
  rmSync(path, { recursive: true, force: true })
}

function folderIn(parent: string, name: string): string {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  return folder
}

/** The same each time for a project, and ours alone to write; another one where somebody has it already. */
function ownFolder(workdir: string, isRoot: boolean): string {
  const usual = tmpdir()
  const parent =
    Buffer.byteLength(usual) > maxFolderBytes - 20 || (isRoot && !canReach(usual, functionsAccount))
      ? '/tmp'
      : usual
  const hash = createHash('sha256')
    .update(`functions ${process.geteuid?.()} ${workdir}`)
    .digest('hex')
    .slice(0, 10)
  const folder = join(parent, `basalt-f${hash}`)
  // others may pass through to what is theirs, and see nothing
  const mode = isRoot ? 0o711 : 0o700
  try {
    mkdirSync(folder, { mode })
    chmodSync(folder, mode)
    return folder
  } catch {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    const isOurs =
      stat?.isDirectory() === true &&
      stat.uid === process.geteuid?.() &&
      (stat.mode & 0o777) === mode
    if (isOurs || process.platform === 'win32') return folder
    const fresh = mkdtempSync(join(parent, 'basalt-f'))
    chmodSync(fresh, mode)
    return fresh
  }
}

function locate(config: Config): string {
  const found = findDeno(config['basalt.functions.deno_path'])
  if (found === null) throw new MissingRuntime(installDeno)
  return found
}

/** We may be installed where `account` does not get to: then another name of the same file, or a copy. */
function reachable(binary: string, folder: string, account: DenoHost['account']): string {
  if (canReach(binary, account)) return binary
  const { size, mtimeMs } = lstatSync(binary)
  const target = join(folder, `deno-${size}-${Math.round(mtimeMs)}`)
  if (existsSync(target)) return target
  try {
    linkSync(binary, target)
  } catch {
    const draft = `${target}.${process.pid}`
    copyFileSync(binary, draft)
    chmodSync(draft, 0o755)
    renameSync(draft, target)
  }
  return target
}
