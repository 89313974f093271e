/**
 * Finds what was left behind: bytes that no row names, uploads that no row knows, rows whose bytes are gone. Rows are read
 * first, bytes after, and nothing younger than an hour counts, so that what is being written meanwhile is never taken for an
 * orphan. Memory is that of one page of 1,000 on each side: the comparison is Postgres's, in temporary tables.
 */
import type { Database, Session, Transaction } from '#base/db'
import { systemSession } from '#base/db'
import type { BlobKey, BlobStore, StoredName } from '#base/blob'
import * as statements from './statements.ts'
import type { ObjectRow, PartRow } from './statements.ts'

export interface Orphan {
  readonly kind: 'bytes' | 'upload' | 'row'
  /** `bucket/key` of a row; what the store calls the bytes. */
  readonly name: string
  readonly size: number
  /** Why it could not be removed (a foreign key); null otherwise. */
  readonly kept: string | null
}

export interface SweepOptions {
  /** Of a user who owns the schema `storage`, or a member of its owner; two connections. */
  readonly db: Database
  readonly blobs: BlobStore
  /** Names of blobs that are not Storage's: read before, as its own rows are. */
  readonly others?: readonly string[]
  readonly nowMs: number
  /** Without it they are only told. */
  readonly deletes: boolean
  readonly onOrphan: (orphan: Orphan) => void
}

export interface SweepReport {
  readonly bytes: number
  readonly uploads: number
  readonly rows: number
  /** What the first two take. */
  readonly size: number
}

const minAgeMs = 60 * 60_000
const pageSize = 1_000

type Sweep = SweepOptions & {
  readonly cutoffMs: number
  readonly counts: { bytes: number; uploads: number; rows: number; size: number }
}

export async function sweepStorage(options: SweepOptions): Promise<SweepReport> {
  const counts = { bytes: 0, uploads: 0, rows: 0, size: 0 }
  const sweep: Sweep = { ...options, cutoffMs: options.nowMs - minAgeMs, counts }
  await options.db.begin(systemSession, async (transaction) => {
    await transaction.script('storage.sweepCreateTables', statements.createTables)
    await readOthers(sweep, transaction)
    await readRows(sweep, transaction)
    await readBlobs(sweep, transaction)
    await transaction.script('storage.sweepCompareTables', statements.compareTables)
    await sweepBytes(sweep, transaction)
    await sweepRows(sweep, transaction)
  })
  await sweepUploads(sweep)
  return counts
}

async function readOthers({ others = [] }: Sweep, transaction: Transaction): Promise<void> {
  for (let at = 0; at < others.length; at += pageSize) {
    const names = others.slice(at, at + pageSize)
    const ids = names.map(() => null)
    await transaction.run(statements.insertRows(names, ids))
  }
}

async function readRows({ blobs }: Sweep, transaction: Transaction): Promise<void> {
  let after = statements.firstId
  for (;;) {
    const rows = await transaction.rows<ObjectRow>(statements.selectObjects(after, pageSize))
    const names = rows.map((row) => blobs.nameOf(keyOf(row)))
    await transaction.run(
      statements.insertRows(
        names,
        rows.map(({ id }) => id),
      ),
    )
    if (rows.length < pageSize) break
    after = (rows.at(-1) as ObjectRow).id
  }
  after = statements.firstId
  for (;;) {
    const parts = await transaction.rows<PartRow>(statements.selectParts(after, pageSize))
    const names = parts.map(({ bucket_id: bucketId, key: name, upload_id, id }) =>
      blobs.nameOf({ bucketId, name, version: `${upload_id}.${id}` }),
    )
    await transaction.run(
      statements.insertRows(
        names,
        parts.map(() => null),
      ),
    )
    if (parts.length < pageSize) break
    after = (parts.at(-1) as PartRow).id
  }
}

async function readBlobs({ blobs, cutoffMs }: Sweep, transaction: Transaction): Promise<void> {
  for await (const page of pages(blobs.list())) {
    const sizes = page.map(({ size, modifiedMs }) => (modifiedMs < cutoffMs ? size : -1))
    await transaction.run(
      statements.insertBlobs(
        page.map(({ name }) => name),
        sizes,
      ),
    )
  }
}

async function* pages<T>(items: AsyncIterable<T>): AsyncIterable<T[]> {
  let page: T[] = []
  for await (const item of items) {
    page.push(item)
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

async function sweepBytes(sweep: Sweep, transaction: Transaction): Promise<void> {
  const { blobs, counts, deletes, onOrphan } = sweep
  const total = await countOf(transaction, 'orphans')
  for (let after = 0; after < total; after += pageSize) {
    const statement = statements.selectOrphans(after, pageSize)
    const orphans = await transaction.rows<{ name: string; size: number }>(statement)
    if (deletes && orphans.length > 0) await blobs.deleteNamed(orphans.map(({ name }) => name))
    for (const { name, size } of orphans) {
      counts.bytes++
      counts.size += Number(size)
      onOrphan({ kind: 'bytes', name, size: Number(size), kept: null })
    }
  }
}

async function countOf(transaction: Transaction, table: 'orphans' | 'missing'): Promise<number> {
  const [row] = await transaction.rows<{ n: number }>(statements.countOf(table))
  return Number(row?.n ?? 0)
}

async function sweepRows(sweep: Sweep, transaction: Transaction): Promise<void> {
  const { blobs, counts, onOrphan, cutoffMs } = sweep
  const total = await countOf(transaction, 'missing')
  for (let after = 0; after < total; after += pageSize) {
    const statement = statements.selectMissing(after, pageSize, cutoffMs / 1_000)
    for (const row of await transaction.rows<ObjectRow>(statement)) {
      if (await hasBytes(blobs, keyOf(row))) continue
      const kept = sweep.deletes ? await removeRow(sweep, row) : null
      counts.rows++
      onOrphan({ kind: 'row', name: `${row.bucket_id}/${row.name}`, size: 0, kept })
    }
  }
}

/** On a connection of its own: one row that may not go does not stop the others. */
async function removeRow({ db }: Sweep, row: ObjectRow): Promise<string | null> {
  const session: Session = {
    role: null,
    settings: [...systemSession.settings, ['storage.allow_delete_query', 'true']],
  }
  try {
    await db.transaction(session, [statements.deleteRow(row)], { lane: 'write' })
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function hasBytes(blobs: BlobStore, key: BlobKey): Promise<boolean> {
  const blob = await blobs.get(key, null)
  // closes what it holds
  await blob?.body[Symbol.asyncIterator]().return?.()
  return blob !== null
}

async function sweepUploads(sweep: Sweep): Promise<void> {
  const { blobs, db, counts, deletes, onOrphan, cutoffMs } = sweep
  for await (const page of pages(blobs.uploads.list())) {
    const old = new Map<string, number>()
    for (const { name, size } of page.filter((one: StoredName) => one.modifiedMs < cutoffMs))
      old.set(name, (old.get(name) ?? 0) + size)
    const ids = [...old.keys()]
    const known = await db.begin(systemSession, (transaction) =>
      transaction.rows<{ id: string }>(statements.selectUploads(ids)),
    )
    for (const { id } of known) old.delete(id)
    for (const [name, size] of old) {
      if (deletes) await blobs.uploads.discard(name)
      counts.uploads++
      counts.size += size
      onOrphan({ kind: 'upload', name, size, kept: null })
    }
  }
}

function keyOf({ bucket_id: bucketId, name, version }: ObjectRow): BlobKey {
  return { bucketId, name, version }
}
