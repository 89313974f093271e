/** Snippets as files, `supabase/snippets/<name>.sql`: what an editor writes there is what the page shows. */
import { access, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createSequence } from '#base/kernel'
import { versionOf } from '#host/control-plane/core'
import type { Snippet, Snippets } from '#host/control-plane/core'

const maxListed = 1_000
const maxBytes = 1024 * 1024
const ending = '.sql'

export function snippetFiles(workdir: string): Snippets {
  const folder = join(workdir, 'supabase', 'snippets')
  /** One write after the other: each compares what is there. */
  const inTurn = createSequence()
  const pathOf = (name: string): string => join(folder, name + ending)
  const readOne = (name: string): Promise<Snippet | null> => readSnippet(pathOf(name), name)
  return {
    list: async () => {
      const files = await readdir(folder, { withFileTypes: true }).catch(() => [])
      const names = files
        .filter((file) => file.isFile() && file.name.endsWith(ending))
        .map((file) => file.name.slice(0, -ending.length))
        .toSorted()
      const found = await Promise.all(names.slice(0, maxListed).map(readOne))
      return found.flatMap((one) =>
        one === null ? [] : [{ name: one.name, version: one.version }],
      )
    },
    read: (_, name) => readOne(name),
    write: (_, { name, content }, before) =>
      inTurn(async () => {
        const present = await readOne(name)
        if ((present?.version ?? null) !== before) return false
        if (present === null && (await isThere(pathOf(name)))) return false
        await mkdir(folder, { recursive: true })
        const draft = `${pathOf(name)}.${process.pid}`
        await writeFile(draft, content)
        await rename(draft, pathOf(name))
        return true
      }),
    remove: (_, name) =>
      inTurn(async () => {
        if ((await readOne(name)) === null) return false
        await rm(pathOf(name))
        return true
      }),
  }
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Null where there is none, or none of a size that an editor shows. */
async function readSnippet(path: string, name: string): Promise<Snippet | null> {
  const file = await open(path).catch(() => null)
  if (file === null) return null
  try {
    const { size } = await file.stat()
    if (size > maxBytes) return null
    const content = await file.readFile('utf8')
    return { name, content, version: versionOf(content) }
  } finally {
    await file.close()
  }
}
