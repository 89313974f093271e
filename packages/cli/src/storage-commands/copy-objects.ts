/** `basalt storage cp`: from here to Storage, from there, or within. */
import { existsSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, posix, relative, resolve, sep } from 'node:path'
import { lookup } from 'mrmime'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { asFolder, parseRemote, requireRemote, shown } from './place.ts'
import { StorageApiError } from './storage-api.ts'
import type { Place, StorageApi, UploadHeaders } from './storage-api.ts'
import { transferAll } from './transfer-objects.ts'
import { inParallel, open } from './work.ts'
import type { StorageOptions, Work } from './work.ts'

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
    contentType: options.contentType ?? lookup(file) ?? 'application/octet-stream',
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
