/** Blobs in a bucket of an S3 server. Bytes go through in parts of 8 MiB, no object is ever kept whole in memory. */
import { Readable } from 'node:stream'
import { concatBytes } from '#base/http'
import { blobErrors, smallBytes } from './blob-store.ts'
import type {
  Blob,
  BlobKey,
  BlobStore,
  ByteRange,
  PutOptions,
  Stored,
  StoredName,
} from './blob-store.ts'
import { chunkBody } from './chunk-body.ts'
import { describeS3, isMissing, openS3, reaching } from './s3-client.ts'
import type { S3, S3Options } from './s3-client.ts'
import { copyObject } from './s3-copy.ts'
import { folderOf, s3NameOf, uploadIdOf } from './s3-keys.ts'
import { deleteKeys, listKeys } from './s3-lists.ts'
import { s3Uploads } from './s3-uploads.ts'
import { streamBody } from './stream-body.ts'

/** S3 takes so many of an upload. */
const maxParts = 10_000
const partBytes = 8 * 1024 * 1024
/** Parts of one upload on their way at once: with the one being filled 24 MiB. */
const partsAtOnce = 2

/** What the parts of one store have in common. */
export interface S3Place {
  readonly options: S3Options
  /** The SDK is loaded and the client made on first use. */
  readonly open: () => Promise<S3>
  /** In front of every key; ends in `/` unless it is empty. */
  readonly folder: string
  readonly partBytes: number
  readonly keyOf: (key: BlobKey) => string
}

/** Nothing is loaded or asked before the first use; `checkS3` asks. */
export function createS3Store(options: S3Options): BlobStore {
  const place = placeOf(options)
  const { folder, keyOf } = place
  const within = <T>(work: (s3: S3) => Promise<T>): Promise<T> =>
    reaching(options, async () => work(await place.open()))
  return {
    nameOf: (key) => s3NameOf(key, folder.length),
    put: (key, body, facts) => within((s3) => put(s3, place, keyOf(key), body, facts)),
    get: (key, range) => within((s3) => get(s3, keyOf(key), range)),
    copy: (from, to) => within((s3) => copyObject(s3, keyOf(from), keyOf(to), null)).then(Boolean),
    delete: (keys) => within((s3) => deleteKeys(s3, keys.map(keyOf))),
    deleteNamed: (names) =>
      within((s3) =>
        deleteKeys(
          s3,
          names.map((name) => folder + name),
        ),
      ),
    uploads: s3Uploads(place),
    list: () => listBlobs(place),
    close: async () => {
      if (place.isOpen()) (await place.open()).client.destroy()
    },
  }
}

async function* listBlobs({ options, open, folder }: S3Place): AsyncIterable<StoredName> {
  try {
    for await (const { key, size, modifiedMs } of listKeys(await open(), folder)) {
      const name = key.slice(folder.length)
      if (uploadIdOf(name) === null) yield { name, size, modifiedMs }
    }
  } catch (error) {
    throw describeS3(options, error)
  }
}

function placeOf(options: S3Options): S3Place & { readonly isOpen: () => boolean } {
  const folder = folderOf(options.prefix)
  let opened: Promise<S3> | null = null
  return {
    options,
    folder,
    partBytes: Math.max(partBytes, Math.ceil(options.maxBytes / maxParts)),
    isOpen: () => opened !== null,
    open: () => {
      opened ??= openS3(options).catch((error: unknown) => {
        opened = null
        throw error
      })
      return opened
    },
    keyOf: (key) => folder + s3NameOf(key, folder.length),
  }
}

/** @throws `blobErrors.noBucket`, `.denied`, `.unavailable`: the start asks, so that it fails and not the first upload. */
export async function checkS3(options: S3Options): Promise<void> {
  await reaching(options, async () => {
    const { sdk, client, bucket } = await openS3(options)
    try {
      // a HEAD of the bucket would say 404 or 403 without a reason
      const Prefix = folderOf(options.prefix)
      await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 }))
    } finally {
      client.destroy()
    }
  })
}

async function put(
  { client, bucket }: S3,
  place: S3Place,
  Key: string,
  body: AsyncIterable<Uint8Array>,
  facts: PutOptions,
): Promise<Stored> {
  const { Upload } = await import('@aws-sdk/lib-storage').catch((error: unknown) => {
    throw blobErrors.noSdk(undefined, error)
  })
  let size = 0
  let failure: { readonly error: unknown } | null = null
  const counted = async function* (): AsyncIterable<Uint8Array> {
    const chunks = body[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { done, value } = await chunks.next().catch((error: unknown) => {
          failure = { error }
          throw error
        })
        if (done === true) return
        size += value.length
        // what is thrown here is the SDK's giving up
        yield value
      }
    } finally {
      await chunks.return?.()
    }
  }
  const upload = new Upload({
    client,
    partSize: place.partBytes,
    queueSize: partsAtOnce,
    params: {
      Bucket: bucket,
      Key,
      Body: Readable.from(counted(), { objectMode: false, highWaterMark: 262_144 }),
      ContentType: facts.contentType,
      CacheControl: facts.cacheControl,
    },
  })
  try {
    const { ETag } = await upload.done()
    return { size, etag: ETag ?? `"${Key.slice(Key.lastIndexOf('/') + 1)}"` }
  } catch (error) {
    // the body's own error is the caller's to know
    throw (failure as { readonly error: unknown } | null)?.error ?? error
  }
}

async function get(
  { sdk, client, bucket }: S3,
  Key: string,
  range: ByteRange | null,
): Promise<Blob | null> {
  const Range = range === null ? undefined : `bytes=${range.start}-${range.end}`
  try {
    const answer = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key, Range }))
    const total = /\/(\d+)$/.exec(answer.ContentRange ?? '')?.[1]
    const length = answer.ContentLength ?? 0
    const size = total === undefined ? length : Number(total)
    const stream = answer.Body as Readable
    return length > smallBytes ? { size, body: streamBody(stream) } : await readSmall(stream, size)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/** Its connection is free for the next. */
async function readSmall(stream: Readable, size: number): Promise<Blob> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of stream) {
    parts.push(part as Uint8Array)
    length += (part as Uint8Array).length
  }
  const bytes = concatBytes(parts, length)
  return { size, bytes, body: chunkBody(bytes) }
}
