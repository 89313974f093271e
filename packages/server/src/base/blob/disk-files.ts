/** Files: folders made where they are missing, writes that are whole, what errors of the system mean. */
import { mkdir, opendir, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { StoredName } from './blob-store.ts'

export function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Runs `work` on a file, once more with its folder made where that was missing. */
export async function withFolder<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    return work()
  }
}

export async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0
  while (at < chunk.length) at += (await handle.write(chunk, at)).bytesWritten
}

/** Names in a folder; none where there is no folder. */
export async function* entriesOf(folder: string): AsyncIterable<string> {
  try {
    for await (const entry of await opendir(folder)) yield entry.name
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** The files of a folder but those that go meanwhile. */
export async function* listFiles(folder: string): AsyncIterable<StoredName> {
  for await (const name of entriesOf(folder)) {
    try {
      // a link that was made (a copy) or moved counts as written: the inode's time, not the bytes'
      const { size, ctimeMs } = await stat(join(folder, name))
      yield { name, size, modifiedMs: ctimeMs }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error
    }
  }
}
