/** `[api.tls]`: the certificate and the key that the API is served with, read again when their files change. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import type { Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createSecureContext } from 'node:tls'
import type { Config } from '#base/config'
import type { Log } from '#base/kernel'
import { StartError } from '#host/node/core'

export interface TlsPair {
  readonly cert: string
  readonly key: string
}

export interface Tls extends TlsPair {
  /** Calls `use` with each later pair that is one. Returns what ends it. */
  follow(use: (pair: TlsPair) => void): () => void
}

/** Renamed files, other targets of links, files written in place: all are seen by reading them. */
const lookMs = 2_000

/** Null where it is off. @throws StartError where a file cannot be read, or the two do not belong together */
export function readTls(
  config: Config,
  workdir: string,
  log: Log,
  everyMs: number = lookMs,
): Tls | null {
  if (!config['api.tls.enabled']) return null
  const pathOf = (key: 'api.tls.cert_path' | 'api.tls.key_path'): string => {
    const path = config[key]
    if (path === null) throw new StartError('config', `${key} cannot be read: it is not set.`)
    return resolve(workdir, 'supabase', path)
  }
  const paths = { cert: pathOf('api.tls.cert_path'), key: pathOf('api.tls.key_path') }
  const read = (which: 'cert' | 'key'): string => {
    try {
      return readPem(paths[which])
    } catch (error) {
      const reason = (error as Error).message
      throw new StartError('config', `api.tls.${which}_path cannot be read: ${reason}.`, error)
    }
  }
  const pair = { cert: read('cert'), key: read('key') }
  const problem = problemOf(pair)
  if (problem !== null)
    throw new StartError('config', `The certificate of [api.tls] cannot be used: ${problem}.`)
  return { ...pair, follow: (use) => follow(paths, pair, { use, log, everyMs }) }
}

interface Following {
  readonly use: (pair: TlsPair) => void
  readonly log: Log
  readonly everyMs: number
}

function follow(paths: TlsPair, first: TlsPair, { use, log, everyMs }: Following): () => void {
  let used = digestOf(first)
  let refused = ''
  let isLooking = false
  const refuse = (what: string, reason: string): void => {
    if (refused !== what)
      log.warn('the new certificate of [api.tls] is not used, the one before stays', { reason })
    refused = what
  }
  const look = async (): Promise<void> => {
    try {
      const [cert, key] = await Promise.all([readPemLater(paths.cert), readPemLater(paths.key)])
      const found = digestOf({ cert, key })
      if (found === used) return
      const problem = problemOf({ cert, key })
      // half of it may have been written
      if (problem !== null) return refuse(found, problem)
      use({ cert, key })
      used = found
      refused = ''
      const { validTo, subjectAltName = '' } = new X509Certificate(cert)
      log.info('the API is served with a new certificate', { until: validTo, for: subjectAltName })
    } catch (error) {
      refuse('unreadable', (error as Error).message)
    }
  }
  const timer = setInterval(() => {
    if (isLooking) return
    isLooking = true
    void look().finally(() => (isLooking = false))
  }, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}

// a pipe is not waited for: nobody may ever write into it
const flags = constants.O_RDONLY | constants.O_NONBLOCK
/** A chain of a hundred certificates is smaller. */
const maxPemBytes = 1_048_576

function checkPem(found: Stats, path: string): void {
  if (!found.isFile()) throw new Error(`${path} is no file`)
  if (found.size > maxPemBytes) throw new Error(`${path} is larger than ${maxPemBytes} bytes`)
}

function readPem(path: string): string {
  const file = openSync(path, flags)
  try {
    checkPem(fstatSync(file), path)
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

async function readPemLater(path: string): Promise<string> {
  const file = await open(path, flags)
  try {
    checkPem(await file.stat(), path)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Null where the two can be served with. */
function problemOf({ cert, key }: TlsPair): string | null {
  try {
    const certificate = new X509Certificate(cert)
    if (!certificate.checkPrivateKey(createPrivateKey(key)))
      return 'the key is that of another certificate'
    createSecureContext({ cert, key })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

function digestOf({ cert, key }: TlsPair): string {
  return createHash('sha256').update(`${cert}\0${key}`).digest('base64')
}
