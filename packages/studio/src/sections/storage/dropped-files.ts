/** What was dropped or chosen, folders and all. */
import type { Chosen } from './uploads.ts'

const maxFiles = 20_000

/** @throws Error with more than 20,000 files */
export async function droppedFiles(transfer: DataTransfer, prefix: string): Promise<Chosen[]> {
  // read at once: after the event the list is empty
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry())
  const chosen: Chosen[] = []
  const visit = async (entry: FileSystemEntry, path: string): Promise<void> => {
    if (chosen.length >= maxFiles)
      throw new Error('More than 20,000 files: drop some of the folders at a time')
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) =>
        (entry as FileSystemFileEntry).file(resolve, reject),
      )
      chosen.push({ file, name: path + entry.name })
      return
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader()
    // it tells of a hundred at a time
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      )
      if (some.length === 0) return
      for (const inner of some) await visit(inner, `${path}${entry.name}/`)
    }
  }
  for (const entry of entries) if (entry !== null) await visit(entry, prefix)
  return chosen
}

export const chosenFiles = (files: FileList | null, prefix: string): Chosen[] =>
  [...(files ?? [])].map((file) => ({
    file,
    name: prefix + (file.webkitRelativePath || file.name),
  }))
