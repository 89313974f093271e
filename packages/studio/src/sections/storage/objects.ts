/** Buckets, folders and files, as Storage tells of them; a folder is what names begin with. */
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { call, projectPath } from '#studio/api'

export interface Bucket {
  readonly id: string
  readonly name: string
  readonly public: boolean
  readonly file_size_limit: number | null
  readonly allowed_mime_types: readonly string[] | null
  readonly created_at: string
}

export interface StoredObject {
  readonly id: string
  /** With its folders. */
  readonly name: string
  readonly updated_at: string
  readonly metadata: { readonly size?: number; readonly mimetype?: string } | null
}

interface Listed {
  readonly hasNext: boolean
  readonly nextCursor?: string
  readonly folders: readonly { readonly name: string }[]
  readonly objects: readonly StoredObject[]
}

/** What makes an empty folder be there; not shown. */
export const placeholder = '.emptyFolderPlaceholder'

const list = (ref: string, bucket: string, body: object, signal?: AbortSignal): Promise<Listed> =>
  call('POST', projectPath(ref, `storage/list-v2/${encodeURIComponent(bucket)}`), { body, signal })

/** A folder by pages. `prefix` is '' or ends with a slash; more text behind it is what names there begin with. */
export function useFolder(ref: string, bucket: string, prefix: string, begins: string) {
  return useInfiniteQuery({
    queryKey: ['project', ref, `files/${bucket}`, prefix, begins],
    queryFn: ({ pageParam, signal }) =>
      list(
        ref,
        bucket,
        { prefix: prefix + begins, limit: 200, with_delimiter: true, cursor: pageParam },
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: ({ hasNext, nextCursor }) => (hasNext ? nextCursor : undefined),
    placeholderData: keepPreviousData,
  })
}

export interface Measure {
  readonly files: number
  readonly bytes: number
  /** There are more than were counted. */
  readonly isMore: boolean
}

const maxCountedPages = 20

/** How many files lie below, and how large they are. */
export async function measure(
  ref: string,
  bucket: string,
  prefix: string,
  signal?: AbortSignal,
): Promise<Measure> {
  let files = 0
  let size = 0
  let cursor: string | undefined
  for (let page = 0; page < maxCountedPages; page++) {
    const found = await list(ref, bucket, { prefix, limit: 1000, cursor: cursor ?? '' }, signal)
    files += found.objects.length
    for (const { metadata } of found.objects) size += metadata?.size ?? 0
    if (!found.hasNext) return { files, bytes: size, isMore: false }
    cursor = found.nextCursor
  }
  return { files, bytes: size, isMore: true }
}

interface Walked {
  readonly deleted?: number
  readonly moved?: number
  readonly next: string | null
  readonly failed: readonly { readonly name: string; readonly message: string }[]
}

const perRequest = 200

/** Part by part, so that it can be stopped between two; what was done stays done. @throws Error naming the first file that was refused */
async function walk(
  part: (after: string) => Promise<Walked>,
  onDone: (files: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let after: string | null = ''
  while (after !== null && !signal.aborted) {
    const answer: Walked = await part(after)
    onDone(answer.deleted ?? answer.moved ?? 0)
    const [failed] = answer.failed
    if (failed !== undefined)
      throw new Error(
        `${answer.failed.length} files were refused, the first is ${failed.name}: ${failed.message}`,
      )
    after = answer.next
  }
}

export const deleteFolder = (
  ref: string,
  bucket: string,
  prefix: string,
  onDone: (files: number) => void,
  signal: AbortSignal,
): Promise<void> =>
  walk(
    (after) =>
      call('DELETE', projectPath(ref, `storage/folder/${encodeURIComponent(bucket)}`), {
        body: { prefix, limit: perRequest, after },
      }),
    onDone,
    signal,
  )

export const moveFolder = (
  ref: string,
  bucket: string,
  prefix: string,
  to: { readonly bucket: string; readonly prefix: string },
  onDone: (files: number) => void,
  signal: AbortSignal,
): Promise<void> =>
  walk(
    (after) =>
      call('POST', projectPath(ref, 'storage/move-folder'), {
        body: {
          bucketId: bucket,
          sourcePrefix: prefix,
          destinationBucket: to.bucket,
          destinationPrefix: to.prefix,
          limit: perRequest,
          after,
        },
      }),
    onDone,
    signal,
  )

export const objectPath = (ref: string, bucket: string, name: string): string =>
  projectPath(ref, `storage/object/${encodeURIComponent(bucket)}/${encodeURIComponent(name)}`)

/** `a/b/c.txt` → `c.txt`, `a/b/` → `b` */
export const lastPart = (name: string): string => name.replace(/\/$/, '').split('/').at(-1) ?? name

/** A folder ends with a slash and has no object. */
export interface Entry {
  readonly name: string
  readonly object: StoredObject | null
}

export function download(address: string, name: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = lastPart(name)
  link.click()
}
