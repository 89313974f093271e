/** What a worker may do, as flags of Deno. What is not named here it may not: subprocesses, FFI, other files. */
import { privateAddresses } from '#services/functions/deno'

export interface Reach {
  /** `open`: the internet without private addresses. `closed`: `hosts` alone. */
  readonly network: 'open' | 'closed'
  /** `host` or `host:port` of the internet. */
  readonly hosts: readonly string[]
}

export interface WorkerFolders {
  /** The function, read only. */
  readonly code: string
  readonly tmp: string
  /** Where it listens, and what it may reach through. */
  readonly sockets: readonly string[]
}

/** What HTTP through a bridge is sent to; no such name exists (RFC 6761). */
export const bridgeName = 'bridge.invalid'

/** A comma ends a name in Deno's flags. */
const unfit = /[,\s]/

export function permissionFlags(reach: Reach, folders: WorkerFolders): string[] {
  const read = [folders.code, folders.tmp, ...folders.sockets]
  const write = [folders.tmp, ...folders.sockets]
  if ([...read, ...write, ...reach.hosts].some((name) => unfit.test(name)))
    throw new Error('Paths and hosts of functions may hold no commas and no spaces')
  const sockets = folders.sockets.map((path) => `unix:${path}`)
  const net = reach.network === 'open' ? [] : [...sockets, bridgeName, ...reach.hosts]
  return [
    '--no-prompt',
    '--cached-only',
    // every function sees only the variables it was given
    '--allow-env',
    '--allow-sys=cpus,osRelease,homedir,uid,gid',
    `--allow-read=${read.join(',')}`,
    `--allow-write=${write.join(',')}`,
    net.length === 0 ? '--allow-net' : `--allow-net=${net.join(',')}`,
    `--deny-net=${privateAddresses.join(',')}`,
  ]
}
