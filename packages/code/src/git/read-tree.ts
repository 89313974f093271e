/** The files of a commit, and what is in them, straight from git's store. */
import { CodeError } from '#core'
import { ByteReader } from './byte-reader.ts'
import { startGit } from './run-git.ts'
import type { GitOptions, RunningGit } from './run-git.ts'

export interface TreeFile {
  readonly path: string
  /** The name of its blob: a hash of its content. */
  readonly hash: string
}

export interface Tree {
  readonly files: readonly TreeFile[]
  /** Left out, and how many: symbolic links, submodules, names that are not UTF-8 or too long. */
  readonly skipped: Readonly<Record<string, number>>
}

const maxPathBytes = 1_024
const maxEntryBytes = 1_000_000
const nul = 0
const newline = 0x0a
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws payload_too_large with more files than that */
export async function readTree(git: GitOptions, commit: string, maxFiles: number): Promise<Tree> {
  const { child, finished } = startGit(['ls-tree', '-r', '-z', '--full-tree', commit], git)
  child.stdin?.end()
  finished.catch(() => {})
  const files: TreeFile[] = []
  const skipped: Record<string, number> = {}
  if (child.stdout === null) throw new Error('git has no output')
  const reader = new ByteReader(child.stdout)
  for (let count = 0; ; count++) {
    const entry = await reader.readUntil(nul, maxEntryBytes)
    if (entry === null) break
    if (count >= maxFiles) {
      child.kill('SIGKILL')
      throw new CodeError('payload_too_large', {
        message: `The repository has more than ${maxFiles} files.`,
      })
    }
    const file = parseEntry(entry)
    if (typeof file === 'string') skipped[file] = (skipped[file] ?? 0) + 1
    else files.push(file)
  }
  await finished
  return { files, skipped }
}

/** `100644 blob <hash>\t<path>` */
function parseEntry(entry: Buffer): TreeFile | string {
  const tab = entry.indexOf(0x09)
  const [mode = '', , hash = ''] = entry.subarray(0, tab).toString('latin1').split(' ')
  if (mode === '120000') return 'symbolic_links'
  if (mode === '160000') return 'submodules'
  const name = entry.subarray(tab + 1)
  if (name.length > maxPathBytes) return 'long_names'
  try {
    return { path: decoder.decode(name), hash }
  } catch {
    return 'names_not_utf8'
  }
}

/** The blobs that a filter left at the other side. */
export async function readMissing(git: GitOptions, commit: string): Promise<ReadonlySet<string>> {
  const args = ['rev-list', '--objects', '--no-object-names', '--missing=print', commit]
  const { child, finished } = startGit(args, git)
  child.stdin?.end()
  finished.catch(() => {})
  const missing = new Set<string>()
  if (child.stdout === null) throw new Error('git has no output')
  const reader = new ByteReader(child.stdout)
  for (;;) {
    const line = await reader.readUntil(newline, maxEntryBytes)
    if (line === null) break
    if (line[0] === 0x3f) missing.add(line.subarray(1).toString('latin1'))
  }
  await finished
  return missing
}

/** Their names and answers have room in the pipes of both. */
const askedAtOnce = 64

/** Reads blobs one after the other from one git. */
export class BlobReader {
  readonly #running: RunningGit
  readonly #reader: ByteReader

  constructor(git: GitOptions) {
    this.#running = startGit(['cat-file', '--batch-command'], git)
    this.#running.finished.catch(() => {})
    const { stdout } = this.#running.child
    if (stdout === null) throw new Error('git has no output')
    this.#reader = new ByteReader(stdout)
  }

  /**
   * Each in its order; its size alone where it is larger than that. So many are asked for at once: git and this process wake
   * each other for some of them, and not for each. @throws where git has ended
   */
  async *readAll(
    hashes: readonly string[],
    maxBytes: number,
  ): AsyncGenerator<Buffer | number, undefined> {
    for (let from = 0; from < hashes.length; from += askedAtOnce) {
      const some = hashes.slice(from, from + askedAtOnce)
      this.#ask('info', some)
      const sizes: number[] = []
      for (const _ of some) sizes.push(await this.#answer())
      const isRead = (size: number): boolean => size <= maxBytes
      this.#ask(
        'contents',
        some.filter((_, index) => isRead(sizes[index] ?? 0)),
      )
      for (const size of sizes) yield isRead(size) ? await this.#contents() : size
    }
  }

  #ask(command: 'info' | 'contents', hashes: readonly string[]): void {
    if (hashes.length === 0) return
    this.#running.child.stdin?.write(hashes.map((hash) => `${command} ${hash}\n`).join(''))
  }

  /** `<hash> blob <size>` */
  async #answer(): Promise<number> {
    const line = await this.#reader.readUntil(newline, maxEntryBytes)
    if (line === null) {
      await this.#running.finished
      throw new Error('git ended')
    }
    const [, type, size] = line.toString('latin1').split(' ')
    if (type !== 'blob') throw new Error(`git: ${line.toString('latin1').slice(0, 100)}`)
    return Number(size)
  }

  async #contents(): Promise<Buffer> {
    const size = await this.#answer()
    const bytes = await this.#reader.readBytes(size)
    await this.#reader.readBytes(1)
    return bytes
  }

  close(): void {
    this.#running.child.stdin?.end()
    this.#running.child.kill('SIGTERM')
  }
}
