/** Backups, log and objects that nothing needs any more. */
import { folderOfBackup, listBackups } from './manifest.ts'
import { readFileOf } from './base-files.ts'
import { readObjectPieceName } from './copy-objects.ts'
import type { BackupManifest } from './manifest.ts'
import { keyTag } from './seal.ts'
import type { SealKey } from './seal.ts'
import type { BackupTarget, StoredFile } from './target.ts'
import { readWalPieceName } from './wal-names.ts'

export interface RemoveOptions {
  readonly target: BackupTarget
  readonly key: SealKey | null
  readonly system: string
  readonly keepMs: number
  readonly nowMs: number
}

/** What a backup that broke off has left is removed after a day. */
const brokenMs = 24 * 60 * 60_000

/** Ids of the backups that are gone. The newest, and the newest that was restored for a try, stay however old they are. */
export async function removeOldBackups(options: RemoveOptions): Promise<readonly string[]> {
  const { target, key, system, keepMs, nowMs } = options
  const listed = await listBackups(target, key, system)
  // one that cannot be read may be one whose key is another
  const manifests = listed.flatMap(({ manifest }) => (manifest === null ? [] : [manifest]))
  const verified = listed.findLast(({ verification }) => verification?.ok === true)
  const oldestMs = nowMs - keepMs
  // to any time since then there has to be a way: from the last backup before it
  const base = manifests.findLast(({ endedAt }) => Date.parse(endedAt) <= oldestMs)
  const gone = manifests.filter(
    (manifest) =>
      base !== undefined &&
      manifest.id < base.id &&
      manifest.id !== verified?.id &&
      manifest !== manifests.at(-1),
  )
  // of a key that was changed: of those only the age is known
  const closed = listed.filter(({ manifest, id }) => manifest === null && base && id < base.id)
  const ids = [...gone, ...closed].map(({ id }) => id).toSorted()
  for (const id of ids) await removeBackup(target, system, id)
  await removeBroken(options, new Set(listed.map(({ id }) => id)))
  const kept = manifests.filter((manifest) => !gone.includes(manifest))
  // as long as there is one that cannot be read, what it needs is not known
  const isKnown = listed.every(({ manifest, id }) => manifest !== null || ids.includes(id))
  if (kept.length > 0 && isKnown) await removeUnneeded(options, kept)
  return ids
}

/** The manifest first: what is half removed is no backup. */
async function removeBackup(target: BackupTarget, system: string, id: string): Promise<void> {
  const folder = folderOfBackup(system, id)
  await target.delete([`${folder}manifest`])
  await target.delete((await target.list(folder)).map(({ name }) => name))
}

async function removeBroken(
  { target, system, nowMs }: RemoveOptions,
  whole: ReadonlySet<string>,
): Promise<void> {
  const files = await target.list(`${system}/backups/`)
  const idOf = ({ name }: StoredFile): string => name.split('/')[2] ?? ''
  const young = new Set(
    files.filter(({ modifiedMs }) => modifiedMs > nowMs - brokenMs).map((file) => idOf(file)),
  )
  const broken = files.filter((file) => !whole.has(idOf(file)) && !young.has(idOf(file)))
  await target.delete(broken.map(({ name }) => name))
}

async function removeUnneeded(
  options: RemoveOptions,
  kept: readonly BackupManifest[],
): Promise<void> {
  const { target, key, system } = options
  const tag = keyTag(key)
  const firstMs = Math.min(...kept.map(({ startedAt }) => Date.parse(startedAt)))
  const logs = await target.list(`${system}/wal/`)
  const unneeded = logs.filter(({ name, modifiedMs }) => {
    const piece = readWalPieceName(name, modifiedMs)
    if (piece === null || modifiedMs >= firstMs) return false
    return piece.tag !== tag || !kept.some((one) => isNeeded(one, piece))
  })
  await target.delete(unneeded.map(({ name }) => name))
  const objects = await target.list(`${system}/objects/`)
  const old = objects.filter(({ modifiedMs }) => modifiedMs < firstMs)
  if (old.length === 0) return
  const needed = await neededObjects(options, kept)
  const gone = old.filter(({ name }) => {
    const read = readObjectPieceName(name)
    return read === null || read.tag !== tag || !needed.has(read.digest)
  })
  await target.delete(gone.map(({ name }) => name))
}

function isNeeded(
  { timeline, start, segmentBytes }: BackupManifest,
  piece: { readonly timeline: number; readonly segment: number },
): boolean {
  return (
    piece.timeline === timeline && BigInt(piece.segment) >= BigInt(start) / BigInt(segmentBytes)
  )
}

async function neededObjects(
  { target, key, system }: RemoveOptions,
  kept: readonly BackupManifest[],
): Promise<Set<string>> {
  const needed = new Set<string>()
  for (const { id, files } of kept) {
    const file = files.find(({ name }) => name === 'objects')
    if (file === undefined) continue
    const place = { target, key, folder: folderOfBackup(system, id) }
    const names = (await readFileOf(place, file)).toString('utf8').split('\n')
    for (const name of names) needed.add(name)
  }
  return needed
}
