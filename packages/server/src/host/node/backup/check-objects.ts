/** Objects of a restored database: brought back, or only looked for, and compared with their rows. */
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { digestOf } from '#base/blob'
import type { ConnectionOptions, Database } from '#base/db'
import { openDatabase, systemSession } from '#base/db'
import { sql } from '#base/sql'
import { BackupError, listStoredObjects, readObject } from '#host/backup'
import type { BackupManifest } from '#host/backup'
import { readArtifactBlobs } from '#services/functions'
import type { BackupPlace } from './backup-place.ts'

export interface ObjectsReport {
  readonly count: number
  readonly bytes: number
  /** `bucket/name` of rows whose bytes are in no backup. */
  readonly missing: readonly string[]
}

interface Wanted {
  readonly label: string
  readonly digest: string
  /** Null where its row does not say. */
  readonly size: number | null
}

const pageSize = 1_000

/** Every one is read whole; kept in `folder` unless that is null. @throws BackupError `check`, `damaged` */
export async function restoreObjects(
  place: BackupPlace,
  { system, objects }: BackupManifest,
  connection: ConnectionOptions,
  folder: string | null,
): Promise<ObjectsReport | null> {
  if (objects === null) return null
  const db = openDatabase({ connection, maxConnections: 1 })
  try {
    return await readAll(place, system, db, folder)
  } finally {
    await db.close()
  }
}

async function readAll(
  place: BackupPlace,
  system: string,
  db: Database,
  folder: string | null,
): Promise<ObjectsReport> {
  const stored = await listStoredObjects(place.target, place.key, system)
  const missing: string[] = []
  let count = 0
  let bytes = 0
  for await (const { label, digest, size } of wantedBy(db)) {
    const pieces = stored.get(digest)
    if (pieces === undefined) {
      missing.push(label)
      continue
    }
    const content = readObject(place.target, place.key, system, digest, pieces)
    const read = await keep(content, folder === null ? null : fileOf(folder, digest))
    if (size !== null && read !== size)
      throw new BackupError('check', `${label} has ${read} bytes, and ${size} in its row.`)
    count++
    bytes += read
  }
  return { count, bytes, missing }
}

function fileOf(folder: string, digest: string): string {
  return join(folder, 'blobs', digest.slice(0, 2), digest)
}

async function keep(content: AsyncIterable<Buffer>, file: string | null): Promise<number> {
  let bytes = 0
  const counted = async function* (): AsyncIterable<Buffer> {
    for await (const part of content) {
      bytes += part.length
      yield part
    }
  }
  if (file === null) for await (const _ of counted());
  else {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await rm(file, { force: true })
    await pipeline(Readable.from(counted()), createWriteStream(file, { mode: 0o600, flush: true }))
  }
  return bytes
}

interface Row {
  readonly id: string
  readonly bucket: string
  readonly name: string
  readonly version: string
  readonly size: string | null
}

async function* wantedBy(db: Database): AsyncIterable<Wanted> {
  const [there] = await rows<{ objects: boolean; parts: boolean }>(
    db,
    sql`/* backup.findObjects */ select to_regclass('storage.objects') is not null as objects,
      to_regclass('storage.s3_multipart_uploads_parts') is not null as parts`,
  )
  if (there?.objects !== true) return
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const page = await rows<Row>(
      db,
      sql`/* backup.listObjects */ select id, bucket_id as bucket, name, coalesce(version, '') as version,
        metadata->>'size' as size from storage.objects where id > ${after}::uuid order by id limit ${pageSize}`,
    )
    for (const { bucket, name, version, size } of page)
      yield {
        label: `${bucket}/${name}`,
        digest: digestOf({ bucketId: bucket, name, version }),
        size: size === null ? null : Number(size),
      }
    if (page.length < pageSize) break
    after = (page.at(-1) as Row).id
  }
  if (there.parts) yield* wantedParts(db)
  for (const key of await readArtifactBlobs(db))
    yield { label: `function ${key.name}`, digest: digestOf(key), size: null }
}

async function* wantedParts(db: Database): AsyncIterable<Wanted> {
  const parts = await rows<{ id: string; bucket: string; name: string; upload: string }>(
    db,
    sql`/* backup.listParts */ select id, bucket_id as bucket, key as name, upload_id as upload from storage.s3_multipart_uploads_parts`,
  )
  for (const { id, bucket, name, upload } of parts) {
    const digest = digestOf({ bucketId: bucket, name, version: `${upload}.${id}` })
    yield { label: `${bucket}/${name} (part)`, digest, size: null }
  }
}

function rows<T>(db: Database, statement: ReturnType<typeof sql>): Promise<T[]> {
  return db.begin(systemSession, (transaction) => transaction.rows<T>(statement))
}
