/** Objects of a running project, through its front door. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { RunState } from '@basalt/server/node'
import { CliError } from '#terminal'

export interface StorageApi {
  buckets(): Promise<string[]>
  createBucket(id: string): Promise<void>
  deleteBucket(id: string): Promise<void>
  /** Keys that begin with `prefix`, by pages; `isDeep` false: names up to the next `/`, with it where they are folders. */
  list(bucketId: string, prefix: string, isDeep: boolean): AsyncIterable<string>
  upload(bucketId: string, key: string, file: string, headers: UploadHeaders): Promise<void>
  download(bucketId: string, key: string, file: string): Promise<void>
  transfer(verb: 'copy' | 'move', from: Place, to: Place): Promise<void>
  /** At most 1,000; resolves to those that were there. */
  remove(bucketId: string, keys: readonly string[]): Promise<string[]>
}

export interface Place {
  readonly bucketId: string
  readonly key: string
}

export interface UploadHeaders {
  readonly contentType: string
  readonly cacheControl: string
}

const pageSize = 1_000

interface ListPage {
  readonly hasNext: boolean
  readonly nextCursor?: string
  readonly folders: readonly { readonly name: string }[]
  readonly objects: readonly { readonly name: string }[]
}

export function openStorageApi({ url, status }: RunState): StorageApi {
  const key = status.find(({ name }) => name === 'SERVICE_ROLE_KEY')?.value ?? ''
  const authorization = { authorization: `Bearer ${key}`, apikey: key }
  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = { ...authorization, ...(init.headers as Record<string, string> | undefined) }
    const response = await fetch(`${url}/storage/v1${path}`, { ...init, method, headers })
    if (response.ok) return response
    throw await errorOf(response, `${method} ${path}`)
  }
  const json = (body: unknown): RequestInit => ({
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return {
    buckets: async () => {
      const rows = (await (await send('GET', '/bucket')).json()) as { name: string }[]
      return rows.map(({ name }) => name)
    },
    createBucket: async (id) => void (await send('POST', '/bucket', json({ id, name: id }))),
    deleteBucket: async (id) => void (await send('DELETE', `/bucket/${encode(id)}`)),
    list: async function* (bucketId, prefix, isDeep) {
      let cursor: string | undefined
      do {
        const body = json({ prefix, limit: pageSize, cursor, with_delimiter: !isDeep })
        const response = await send('POST', `/object/list-v2/${encode(bucketId)}`, body)
        const page = (await response.json()) as ListPage
        for (const { name } of [...page.folders, ...page.objects]) yield name
        cursor = page.hasNext ? page.nextCursor : undefined
      } while (cursor !== undefined)
    },
    upload: async (bucketId, name, file, { contentType, cacheControl }) => {
      await send('POST', `/object/${encode(bucketId)}/${encode(name)}`, {
        headers: { 'content-type': contentType, 'cache-control': cacheControl, 'x-upsert': 'true' },
        body: Readable.toWeb(createReadStream(file)) as RequestInit['body'],
        duplex: 'half',
      } as RequestInit)
    },
    download: async (bucketId, name, file) => {
      const { body } = await send('GET', `/object/${encode(bucketId)}/${encode(name)}`)
      await mkdir(dirname(file), { recursive: true })
      const source = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])
      await pipeline(source, createWriteStream(file))
    },
    transfer: async (verb, from, to) => {
      const { bucketId, key: sourceKey } = from
      const wish = { bucketId, sourceKey, destinationBucket: to.bucketId, destinationKey: to.key }
      await send('POST', `/object/${verb}`, json(wish))
    },
    remove: async (bucketId, keys) => {
      const response = await send('DELETE', `/object/${encode(bucketId)}`, json({ prefixes: keys }))
      return ((await response.json()) as { name: string }[]).map(({ name }) => name)
    },
  }
}

/** What Storage said, with its code for callers that branch on it. */
export class StorageApiError extends CliError {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

async function errorOf(response: Response, what: string): Promise<StorageApiError> {
  const text = await response.text()
  try {
    const { message, code } = JSON.parse(text) as { message?: string; code?: string }
    return new StorageApiError(code ?? '', `${message ?? text} (${what})`)
  } catch {
    return new StorageApiError('', `HTTP ${response.status} (${what})`)
  }
}

function encode(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
