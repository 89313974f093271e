/** Files on their way up: a few at a time, resumed where they stopped, also after a reload of the page. */
import { useSyncExternalStore } from 'react'
import { projectPath } from '#studio/api'

export interface Upload {
  readonly key: string
  readonly bucket: string
  readonly name: string
  readonly size: number
  readonly sent: number
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled'
  readonly problem: string | null
}

export interface Chosen {
  readonly file: File
  /** With its folders. */
  readonly name: string
}

export interface Target {
  readonly ref: string
  readonly bucket: string
  /** Puts it in the place of one of the same name. */
  readonly replaces: boolean
}

const atOnce = 3
const chunkBytes = 6 * 1024 * 1024
const ledgerKey = 'uploads'
const maxLedger = 2000
const paintMs = 200

interface Job extends Target {
  readonly chosen: Chosen
  stop: (() => void) | null
}

/** What a reload of the tab interrupts: told, and those that are done are not sent again. No content. */
interface Ledger {
  readonly open: readonly string[]
  readonly done: readonly string[]
}

const uploads = new Map<string, Upload>()
const jobs = new Map<string, Job>()
const listeners = new Set<() => void>()
const finished = new Set<(ref: string) => void>()
let shown: readonly Upload[] = []
let timer: ReturnType<typeof setTimeout> | null = null
const before = readLedger()
let interrupted: readonly string[] = before.open
/** Before a reload that interrupted others, until those are finished or forgotten. */
let doneBefore: ReadonlySet<string> = new Set(before.open.length > 0 ? before.done : [])

function readLedger(): Ledger {
  try {
    return JSON.parse(sessionStorage.getItem(ledgerKey) ?? '') as Ledger
  } catch {
    return { open: [], done: [] }
  }
}

function writeLedger(): void {
  const all = [...uploads.values()]
  const isOpen = all.some(({ state }) => state === 'waiting' || state === 'running')
  if (!isOpen && interrupted.length === 0) return sessionStorage.removeItem(ledgerKey)
  const keysOf = (...states: Upload['state'][]): string[] =>
    all.filter(({ state }) => states.includes(state)).map(({ key }) => key)
  const done = [...new Set([...doneBefore, ...keysOf('done')])]
  const ledger: Ledger = {
    open: [...interrupted, ...keysOf('waiting', 'running')].slice(0, maxLedger),
    done: done.slice(-maxLedger),
  }
  try {
    sessionStorage.setItem(ledgerKey, JSON.stringify(ledger))
  } catch {
    // full: it is only not told of after a reload
  }
}

function change(key: string, part: Partial<Upload>): void {
  const upload = uploads.get(key)
  if (upload === undefined) return
  uploads.set(key, { ...upload, ...part })
  if (part.state !== undefined) writeLedger()
  paint()
}

/** However fast it goes, it is drawn five times a second. */
function paint(): void {
  timer ??= setTimeout(() => {
    timer = null
    shown = [...uploads.values()]
    for (const listener of listeners) listener()
  }, paintMs)
}

/** The same file for the same place: it goes on where it stopped. */
const keyOf = ({ ref, bucket }: Target, { file, name }: Chosen): string =>
  [ref, bucket, name, file.size, file.lastModified].join('|')

export function addUploads(target: Target, chosen: readonly Chosen[]): void {
  for (const one of chosen) {
    const key = keyOf(target, one)
    const known = uploads.get(key)
    if (known?.state === 'waiting' || known?.state === 'running') continue
    const isDone = doneBefore.has(key)
    interrupted = interrupted.filter((open) => open !== key)
    const size = one.file.size
    uploads.set(key, {
      key,
      bucket: target.bucket,
      name: one.name,
      size,
      sent: isDone ? size : 0,
      state: isDone ? 'done' : 'waiting',
      problem: null,
    })
    if (!isDone) jobs.set(key, { ...target, chosen: one, stop: null })
  }
  writeLedger()
  paint()
  next()
}

function next(): void {
  const running = [...uploads.values()].filter(({ state }) => state === 'running').length
  const waiting = [...uploads.values()].filter(({ state }) => state === 'waiting')
  for (const { key } of waiting.slice(0, Math.max(0, atOnce - running))) {
    const job = jobs.get(key)
    if (job !== undefined) void run(key, job)
  }
}

async function run(key: string, job: Job): Promise<void> {
  change(key, { state: 'running', problem: null })
  const { Upload: TusUpload } = await import('tus-js-client')
  const { chosen, bucket, ref, replaces } = job
  const end = (state: Upload['state'], problem: string | null = null): void => {
    change(key, { state, problem })
    if (state === 'done') {
      jobs.delete(key)
      for (const listener of finished) listener(ref)
    }
    next()
  }
  const upload = new TusUpload(chosen.file, {
    endpoint: projectPath(ref, 'storage/upload'),
    chunkSize: chunkBytes,
    retryDelays: [0, 1000, 3000, 5000],
    headers: { 'x-basalt-studio': '1', ...(replaces ? { 'x-upsert': 'true' } : {}) },
    metadata: {
      bucketName: bucket,
      objectName: chosen.name,
      contentType: chosen.file.type || 'application/octet-stream',
      cacheControl: '3600',
    },
    fingerprint: () => Promise.resolve(`basalt|${key}`),
    removeFingerprintOnSuccess: true,
    onShouldRetry: isPassing,
    onProgress: (sent) => change(key, { sent }),
    onSuccess: () => end('done'),
    onError: (error) => end('failed', reasonOf(error)),
  })
  job.stop = () => void upload.abort(true).finally(() => end('cancelled'))
  const previous = await upload.findPreviousUploads()
  if (uploads.get(key)?.state !== 'running') return
  if (previous[0] !== undefined) upload.resumeFromPreviousUpload(previous[0])
  upload.start()
}

interface TusError {
  readonly originalRequest?: { getMethod: () => string } | null
  readonly originalResponse?: { getBody: () => string; getStatus: () => number } | null
}

/** Nobody answered, or others are in the way; that a file of the name is there does not pass. */
function isPassing(error: unknown): boolean {
  const { originalRequest: request, originalResponse: response } = error as TusError
  const status = response?.getStatus() ?? 0
  if (status === 409) return request?.getMethod() !== 'POST'
  return status === 0 || status >= 500 || status === 423 || status === 429
}

function reasonOf(error: unknown): string {
  const { originalResponse: response } = error as TusError
  if (response === null || response === undefined) return 'The server does not answer'
  const text = response.getBody()
  try {
    const { message } = JSON.parse(text) as { message?: string }
    if (message !== undefined) return message
  } catch {
    // no JSON: as it is
  }
  return text.slice(0, 200) || `The server answered ${response.getStatus()}`
}

export function cancelUpload(key: string): void {
  const stop = jobs.get(key)?.stop
  if (uploads.get(key)?.state === 'running' && stop) stop()
  else change(key, { state: 'cancelled' })
}

export function cancelUploads(): void {
  for (const { key, state } of uploads.values())
    if (state === 'waiting' || state === 'running') cancelUpload(key)
}

export function retryUpload(key: string): void {
  change(key, { state: 'waiting', sent: 0, problem: null })
  next()
}

/** Those that nothing happens with any more are not listed any more. */
export function clearUploads(): void {
  interrupted = []
  doneBefore = new Set()
  for (const { key, state } of uploads.values())
    if (state !== 'waiting' && state !== 'running') {
      uploads.delete(key)
      jobs.delete(key)
    }
  writeLedger()
  paint()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useUploads = (): readonly Upload[] => useSyncExternalStore(subscribe, () => shown)

/** How many a reload interrupted and nobody has chosen again. */
export const useInterrupted = (): number =>
  useSyncExternalStore(subscribe, () => interrupted.length)

export function onUploaded(listener: (ref: string) => void): () => void {
  finished.add(listener)
  return () => finished.delete(listener)
}
