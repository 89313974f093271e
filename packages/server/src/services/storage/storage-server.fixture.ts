/** A platform with one public bucket, `files`, and what the tests of faults ask of it. */
import { openDatabase, parseConnectionUrl } from '#base/db'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import type { BlobStore } from '#base/blob'
import { sweepStorage } from '#services/storage/sweep'

export interface StorageServer {
  readonly server: TestPlatform
  /** A request to Storage as `service_role`. */
  readonly call: (
    method: string,
    path: string,
    body?: string | Uint8Array,
    more?: { readonly headers?: Readonly<Record<string, string>> },
  ) => Promise<Response>
  /** Runs the sweep as if all were two days old; what is left then: blobs, uploads, rows. */
  afterSweep(): Promise<[blobs: number, uploads: number, rows: number]>
  close(): Promise<void>
}

export async function startStorage(blobs: BlobStore): Promise<StorageServer> {
  const server = await startTestPlatform({ blobs })
  await server.script(
    `insert into storage.buckets (id, name, public) values ('files', 'files', true)`,
  )
  const authorization = `Bearer ${server.platform.keys.serviceRoleKey}`
  return {
    server,
    call: (method, path, body, more = {}) =>
      fetch(`${server.url}/storage/v1${path}`, {
        method,
        headers: { authorization, 'content-type': 'text/plain', ...more.headers },
        ...(body === undefined ? {} : { body: body as string }),
      }),
    afterSweep: async () => {
      await sweep(server.databaseUrl, blobs)
      const rows = await server.count('select count(*)::int8 as n from storage.objects')
      return [await countOf(blobs.list()), await countOf(blobs.uploads.list()), rows]
    },
    close: () => server.close(),
  }
}

async function sweep(databaseUrl: string, blobs: BlobStore): Promise<void> {
  const db = openDatabase({ connection: parseConnectionUrl(databaseUrl), maxConnections: 2 })
  const nowMs = Date.now() + 2 * 24 * 60 * 60_000
  try {
    await sweepStorage({ db, blobs, nowMs, deletes: true, onOrphan: () => {} })
  } finally {
    await db.close()
  }
}

export async function countOf(items: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of items) count++
  return count
}
