/** Where the bytes of objects are kept: the port, with its errors. Adapters: this disk, S3, memory. */
import type { StreamedBody } from '#base/http'
import { defineErrors } from '#base/kernel'

/** Each version of an object has bytes of its own, written once and never changed: a reader never sees half of one. */
export interface BlobKey {
  readonly bucketId: string
  readonly name: string
  readonly version: string
}

export interface Stored {
  readonly size: number
  /** With its quotes: `"d41d…"`. */
  readonly etag: string
}

/** Bytes `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** Whole blobs of this size and less are read in one go. */
export const smallBytes = 65_536

export interface Blob {
  /** Of the whole blob. */
  readonly size: number
  /** All of `body`, where it is in memory: then nothing is held, and nobody may change it. */
  readonly bytes?: Uint8Array
  /** The bytes asked for; it must be read or ended, for it holds a file or a connection. */
  readonly body: StreamedBody
}

export interface BlobStore {
  /** Keeps `body` whole or not at all, also when `body` fails. `blobErrors.full` where there is no room. */
  put(key: BlobKey, body: AsyncIterable<Uint8Array>, options: PutOptions): Promise<Stored>
  /** Null where there is no such blob. */
  get(key: BlobKey, range: ByteRange | null): Promise<Blob | null>
  /** False where there is none to be copied. */
  copy(from: BlobKey, to: BlobKey): Promise<boolean>
  /** Those that are not there are none. */
  delete(keys: readonly BlobKey[]): Promise<void>
  /** Uploads in pieces that survive a restart, by an id of the caller's (a UUID). */
  readonly uploads: UploadStore
  /** All that is kept, in no order, for the sweep; what is being uploaded is in `uploads.list`. */
  list(): AsyncIterable<StoredName>
  /** What `list` calls the blob of a key. */
  nameOf(key: BlobKey): string
  /** As `delete`, by the names of `list`. */
  deleteNamed(names: readonly string[]): Promise<void>
  close(): Promise<void>
}

export interface PutOptions {
  readonly contentType: string
  readonly cacheControl: string
}

/** A blob as the sweep sees it. */
export interface StoredName {
  /** As `nameOf` gives it for a key. */
  readonly name: string
  readonly size: number
  /** When it was last written, ms since the epoch; a copy is written when it is made. */
  readonly modifiedMs: number
}

export interface UploadStore {
  begin(id: string): Promise<void>
  /** How many bytes are safely there, or null for an unknown id. */
  size(id: string): Promise<number | null>
  /** Appends behind `offset` (which is the size) as much of `body` as comes; resolves to the new size, also where `body` fails: `failure` is why. */
  append(id: string, offset: number, body: AsyncIterable<Uint8Array>): Promise<Appended>
  /** The upload becomes the blob `key`. */
  finish(id: string, key: BlobKey, options: PutOptions): Promise<Stored>
  /** An unknown id is none. Takes what `list` names too. */
  discard(id: string): Promise<void>
  /** All that is not a blob yet, for the sweep: uploads by their id (once or for each of their pieces), and what writes that broke off have left. */
  list(): AsyncIterable<StoredName>
}

export interface Appended {
  readonly size: number
  readonly failure: unknown
}

interface DeniedParams {
  readonly bucket: string
  readonly where: string
  readonly why: string
}

export const blobErrors = defineErrors({
  full: {
    code: 'InternalError',
    status: 507,
    message: 'There is no space left where objects are kept',
  },
  unavailable: {
    code: 'InternalError',
    status: 503,
    message: 'Where objects are kept cannot be reached: send the request again in a moment',
  },
  noBucket: {
    code: 'InternalError',
    status: 503,
    message: ({ bucket, where }: { readonly bucket: string; readonly where: string }) =>
      `There is no bucket "${bucket}" at ${where}: make it, or set storage.s3.bucket`,
  },
  denied: {
    code: 'InternalError',
    status: 503,
    message: ({ bucket, where, why }: DeniedParams) =>
      `${where} refuses the bucket "${bucket}" (${why}): check storage.s3.access_key_id, storage.s3.secret_access_key and what they may do`,
  },
  noSdk: {
    code: 'InternalError',
    status: 503,
    message:
      'Objects are kept on S3, but @aws-sdk/client-s3 and @aws-sdk/lib-storage are not installed: install them, or set storage.backend to "disk"',
  },
})

/** `bucket/name/version`, the key that supabase/storage uses on S3 too. */
export function pathOf({ bucketId, name, version }: BlobKey): string {
  return version === '' ? `${bucketId}/${name}` : `${bucketId}/${name}/${version}`
}
