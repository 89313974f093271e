/** `basalt storage ls | cp | mv | rm`, with the paths and flags of the Supabase CLI: `ss:///bucket/folder/name`. */
import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, extname, join, posix, relative, resolve, sep } from 'node:path'
import { CliError } from './describe-error.ts'
import { runningProject, workdirOf } from './project-folder.ts'
import type { CommonOptions } from './project-folder.ts'
import { StorageApiError, openStorageApi } from './storage-api.ts'
import type { Place, StorageApi, UploadHeaders } from './storage-api.ts'
import type { Terminal } from './terminal.ts'

export interface StorageOptions extends CommonOptions {
  readonly recursive?: boolean
  /** How many at once. */
  readonly jobs?: string
  readonly cacheControl?: string
  readonly contentType?: string
}

interface Work {
  readonly terminal: Terminal
  readonly api: StorageApi
  readonly options: StorageOptions
  readonly jobs: number
}

const maxJobs = 64
const removedAtOnce = 1_000

function open(terminal: Terminal, options: StorageOptions): Work {
  const jobs = Number(options.jobs ?? 1)
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > maxJobs)
    throw new CliError(`--jobs ${options.jobs}: expected a number from 1 to ${maxJobs}.`)
  const api = openStorageApi(runningProject(workdirOf(terminal, options)))
  return { terminal, api, options, jobs }
}

/** `ss:///bucket/a/b` → bucket and key, both may be empty; null for a path of this machine. */
export function parseRemote(text: string): Place | null {
  if (!/^ss:/i.test(text)) return null
  const [, path] = /^ss:\/\/\/(.*)$/i.exec(text) ?? []
  if (path === undefined) throw new CliError(`${text}: expected ss:///bucket/path.`)
  const slash = path.indexOf('/')
  if (slash === -1) return { bucketId: path, key: '' }
  return { bucketId: path.slice(0, slash), key: path.slice(slash + 1) }
}

function requireRemote(text: string): Place {
  const place = parseRemote(text)
  if (place !== null && place.bucketId !== '') return place
  throw new CliError(`${text}: expected ss:///bucket/path.`)
}

const asFolder = (key: string): string => (key === '' || key.endsWith('/') ? key : `${key}/`)
const shown = ({ bucketId, key }: Place): string => `ss:///${bucketId}/${key}`

export async function listObjects(
  terminal: Terminal,
  path: string | undefined,
  options: StorageOptions,
): Promise<void> {
  const { api } = open(terminal, options)
  const place = parseRemote(path ?? 'ss:///')
  if (place === null) throw new CliError(`${path}: expected ss:///bucket/path.`)
  const isDeep = options.recursive === true
  if (place.bucketId === '') {
    for (const name of await api.buckets()) {
      terminal.out(isDeep ? `/${name}/\n` : `${name}/\n`)
      if (isDeep)
        for await (const key of api.list(name, '', true)) terminal.out(`/${name}/${key}\n`)
    }
    return
  }
  const { bucketId, key } = place
  const prefix = isDeep ? asFolder(key) : key
  for await (const name of api.list(bucketId, prefix, isDeep))
    terminal.out(isDeep ? `/${bucketId}/${name}\n` : `${lastOf(name)}\n`)
}

/** `a/b/` → `b/`, `a/c` → `c` */
function lastOf(name: string): string {
  const isFolder = name.endsWith('/')
  return `${posix.basename(name)}${isFolder ? '/' : ''}`
}

export async function copyObjects(
  terminal: Terminal,
  from: string,
  to: string,
  options: StorageOptions,
): Promise<void> {
  const work = open(terminal, options)
  const [source, target] = [parseRemote(from), parseRemote(to)]
  if (source !== null && target !== null) return transferAll(work, 'copy', from, to)
  if (target !== null) return upload(work, resolve(terminal.cwd, from), requireRemote(to))
  if (source !== null) return download(work, requireRemote(from), resolve(terminal.cwd, to))
  throw new CliError('One of the two has to be in Storage: ss:///bucket/path.')
}

async function upload(work: Work, local: string, target: Place): Promise<void> {
  if (!existsSync(local)) throw new CliError(`There is no file ${local}.`)
  const { bucketId } = target
  const bare = target.key.replace(/\/$/, '')
  const { isFolder, isFile } = await look(work.api, bucketId, bare)
  if (!statSync(local).isDirectory()) {
    const isInto = target.key === '' || target.key.endsWith('/') || (isFolder && !isFile)
    const key = isInto ? posix.join(bare, basename(local)) : target.key
    return uploadOne(work, local, { bucketId, key })
  }
  if (work.options.recursive !== true) throw new CliError(`${local} is a folder: add --recursive.`)
  // as cp does: into a folder that is there goes the folder, else its files
  const root = isFolder || bare === '' ? posix.join(bare, basename(local)) : bare
  await inParallel(work.jobs, filesOf(local), (file) => {
    const path = relative(local, file).split(sep).join('/')
    return uploadOne(work, file, { bucketId, key: posix.join(root, path) })
  })
}

async function look(api: StorageApi, bucketId: string, bare: string) {
  const found = { isFolder: false, isFile: false }
  if (bare === '') return found
  try {
    for await (const name of api.list(bucketId, bare, false)) {
      if (name === bare) found.isFile = true
      if (name === `${bare}/`) found.isFolder = true
      if (found.isFile && found.isFolder) break
    }
  } catch (error) {
    if (!isMissingBucket(error)) throw error
  }
  return found
}

function isMissingBucket(error: unknown): boolean {
  return error instanceof StorageApiError && error.code === 'NoSuchBucket'
}

async function uploadOne({ terminal, api, options }: Work, file: string, to: Place): Promise<void> {
  terminal.err(`Uploading: ${file} => ${shown(to)}\n`)
  const headers: UploadHeaders = {
    contentType: options.contentType ?? types[extname(file).toLowerCase()] ?? fallbackType,
    cacheControl: options.cacheControl ?? 'max-age=3600',
  }
  try {
    await api.upload(to.bucketId, to.key, file, headers)
  } catch (error) {
    if (!isMissingBucket(error)) throw error
    terminal.err(`Creating bucket: ${to.bucketId}\n`)
    await api.createBucket(to.bucketId).catch((made: unknown) => {
      // another of the jobs was first
      if (!(made instanceof StorageApiError) || !made.code.endsWith('AlreadyExists')) throw made
    })
    await api.upload(to.bucketId, to.key, file, headers)
  }
}

async function* filesOf(folder: string): AsyncIterable<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesOf(path)
    else if (entry.isFile()) yield path
  }
}

async function download(work: Work, source: Place, local: string): Promise<void> {
  const { api, options, terminal } = work
  const isThere = existsSync(local) && statSync(local).isDirectory()
  const bare = source.key.replace(/\/$/, '')
  const name = bare === '' ? source.bucketId : posix.basename(bare)
  const root = isThere ? join(local, name) : local
  const fetchOne = async (key: string, file: string): Promise<void> => {
    terminal.err(`Downloading: ${shown({ ...source, key })} => ${file}\n`)
    await api.download(source.bucketId, key, file)
  }
  if (options.recursive !== true) {
    if (source.key === '' || source.key.endsWith('/'))
      throw new CliError(`${shown(source)} is a folder: add --recursive.`)
    return fetchOne(source.key, root)
  }
  const prefix = asFolder(bare)
  let count = 0
  await inParallel(work.jobs, api.list(source.bucketId, prefix, true), (key) => {
    count++
    const file = join(root, ...key.slice(prefix.length).split('/'))
    // a name in Storage is no reason to write elsewhere
    if (!file.startsWith(root + sep)) throw new CliError(`${key} would be written outside ${root}.`)
    return fetchOne(key, file)
  })
  if (count === 0) throw new CliError(`There is nothing below ${shown(source)}.`)
}

export function moveObjects(
  terminal: Terminal,
  from: string,
  to: string,
  options: StorageOptions,
): Promise<void> {
  return transferAll(open(terminal, options), 'move', from, to)
}

async function transferAll(
  work: Work,
  verb: 'copy' | 'move',
  from: string,
  to: string,
): Promise<void> {
  const { api, terminal, options, jobs } = work
  const [source, target] = [requireRemote(from), requireRemote(to)]
  const one = async (key: string, toKey: string): Promise<void> => {
    const [at, into] = [
      { ...source, key },
      { ...target, key: toKey },
    ]
    terminal.err(`${verb === 'move' ? 'Moving' : 'Copying'}: ${shown(at)} => ${shown(into)}\n`)
    await api.transfer(verb, at, into)
  }
  if (options.recursive !== true) {
    if (source.key === '') throw new CliError(`${from} is a bucket: add --recursive.`)
    const isInto = target.key === '' || target.key.endsWith('/')
    return one(source.key, isInto ? target.key + posix.basename(source.key) : target.key)
  }
  const [prefix, toPrefix] = [asFolder(source.key), asFolder(target.key)]
  if (source.bucketId === target.bucketId && toPrefix.startsWith(prefix))
    throw new CliError(`${to} is in ${from}: it would never end.`)
  let count = 0
  await inParallel(jobs, api.list(source.bucketId, prefix, true), (key) => {
    count++
    return one(key, toPrefix + key.slice(prefix.length))
  })
  if (count === 0) throw new CliError(`There is nothing below ${from}.`)
}

export async function removeObjects(
  terminal: Terminal,
  paths: readonly string[],
  options: StorageOptions,
): Promise<void> {
  const { api } = open(terminal, options)
  for (const path of paths) {
    const { bucketId, key } = requireRemote(path)
    const isDeep = options.recursive === true
    if (!isDeep && (key === '' || key.endsWith('/')))
      throw new CliError(`${path} is a folder: add --recursive.`)
    let count = 0
    const remove = async (keys: readonly string[]): Promise<void> => {
      for (const name of await api.remove(bucketId, keys)) {
        count++
        terminal.err(`Deleted: ss:///${bucketId}/${name}\n`)
      }
    }
    if (key !== '' && !key.endsWith('/')) await remove([key])
    if (isDeep) {
      let page: string[] = []
      for await (const name of api.list(bucketId, asFolder(key), true)) {
        page.push(name)
        if (page.length === removedAtOnce) await remove(page.splice(0))
      }
      if (page.length > 0) await remove(page)
      if (key === '') {
        await api.deleteBucket(bucketId)
        terminal.err(`Deleted bucket: ${bucketId}\n`)
        continue
      }
    }
    if (count === 0) throw new CliError(`There is no object ${path}.`)
  }
}

/** Runs `work` for each item, so many at a time; the first failure stops the rest. */
async function inParallel<T>(
  jobs: number,
  items: AsyncIterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const source = items[Symbol.asyncIterator]()
  let failed = false
  const worker = async (): Promise<void> => {
    while (!failed) {
      const { done, value } = await source.next()
      if (done === true) return
      try {
        await work(value)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: jobs }, worker))
}

const fallbackType = 'application/octet-stream'
const types: Readonly<Partial<Record<string, string>>> = {
  '.avif': 'image/avif',
  '.css': 'text/css',
  '.csv': 'text/csv',
  '.gif': 'image/gif',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
}
