/** `basalt storage rm` */
import { CliError } from '#terminal'
import type { Terminal } from '#terminal'
import { asFolder, requireRemote } from './place.ts'
import { open } from './work.ts'
import type { StorageOptions } from './work.ts'

const removedAtOnce = 1_000

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
