/** `basalt storage ls` */
import { posix } from 'node:path'
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { asFolder, parseRemote } from './place.ts'
import { open } from './work.ts'
import type { StorageOptions } from './work.ts'

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
