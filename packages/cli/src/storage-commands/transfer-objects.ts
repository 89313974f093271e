/** `basalt storage mv`, and `cp` between two places in Storage. */
import { posix } from 'node:path'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { asFolder, requireRemote, shown } from './place.ts'
import { inParallel, open } from './work.ts'
import type { StorageOptions, Work } from './work.ts'

export function moveObjects(
  terminal: Terminal,
  from: string,
  to: string,
  options: StorageOptions,
): Promise<void> {
  return transferAll(open(terminal, options), 'move', from, to)
}

export async function transferAll(
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
