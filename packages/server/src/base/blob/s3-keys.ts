/** Keys in S3: `<prefix>/<bucket>/<name>/<version>`, as supabase/storage lays them out, so that its buckets are read in place. */
import { createHash } from 'node:crypto'
import { pathOf } from './blob-store.ts'
import type { BlobKey } from './blob-store.ts'

/** What supabase/storage lets a key be made of; others S3 servers take differently or not at all. */
const plain = /^[\w/!.*'() &$@=;:+,?-]+$/
/** S3's bound. */
const maxKeyBytes = 1_024
const dots = /(?:^|\/)\.{1,2}(?:\/|$)/

/** Uploads that are not finished: `.uploads/<UUID>/info`, `data`, `rest-<start>`. A blob's third segment is a version, a UUID. */
export const uploadsFolder = '.uploads/'

/** The key of a blob below the prefix. One that S3 may not take is told by its digest: `.names/3f9a…`. */
export function s3NameOf(key: BlobKey, prefixLength: number): string {
  const path = pathOf(key)
  const isPlain = plain.test(path) && !dots.test(path) && path.length + prefixLength <= maxKeyBytes
  return isPlain ? path : `.names/${createHash('sha256').update(path).digest('hex')}`
}

const ofUpload =
  /^\.uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/(?:info|data|rest-\d+)$/

/** The id of the upload that a key below the prefix is part of; null for a blob's. */
export function uploadIdOf(name: string): string | null {
  return ofUpload.exec(name)?.[1] ?? null
}

/** `a/b` → `a/b/`, empty stays empty. */
export function folderOf(prefix: string): string {
  const trimmed = prefix.replace(/^\/+|\/+$/g, '')
  return trimmed === '' ? '' : `${trimmed}/`
}
