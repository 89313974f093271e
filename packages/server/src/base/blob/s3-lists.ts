/** Keys of the bucket by pages, and many removed at once. */
import type { S3 } from './s3-client.ts'

export interface ListedKey {
  readonly key: string
  readonly size: number
  readonly modifiedMs: number
}

/** S3 takes so many keys in one request. */
const maxDeleted = 1_000

export async function* listKeys(
  { sdk, client, bucket: Bucket }: S3,
  Prefix: string,
): AsyncIterable<ListedKey> {
  for await (const page of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix }))
    for (const { Key, Size, LastModified } of page.Contents ?? [])
      yield { key: Key ?? '', size: Size ?? 0, modifiedMs: LastModified?.getTime() ?? Date.now() }
}

export async function deleteKeys(
  { sdk, client, bucket: Bucket }: S3,
  keys: readonly string[],
): Promise<void> {
  for (let at = 0; at < keys.length; at += maxDeleted) {
    const Objects = keys.slice(at, at + maxDeleted).map((Key) => ({ Key }))
    const { Errors = [] } = await client.send(
      new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
    )
    const failed = Errors.find(({ Code }) => Code !== 'NoSuchKey')
    if (failed !== undefined)
      throw Object.assign(new Error(`${failed.Key}: ${failed.Message}`), {
        name: failed.Code ?? 'InternalError',
      })
  }
}

/** Uploads in parts that were begun and are neither finished nor given up. */
export async function* listMultiparts(
  { sdk, client, bucket: Bucket }: S3,
  Prefix: string,
): AsyncIterable<{ readonly key: string; readonly uploadId: string; readonly begunMs: number }> {
  let KeyMarker: string | undefined
  let UploadIdMarker: string | undefined
  for (;;) {
    const page = await client.send(
      new sdk.ListMultipartUploadsCommand({ Bucket, Prefix, KeyMarker, UploadIdMarker }),
    )
    for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
      yield {
        key: Key ?? '',
        uploadId: UploadId ?? '',
        begunMs: Initiated?.getTime() ?? Date.now(),
      }
    if (page.IsTruncated !== true) return
    KeyMarker = page.NextKeyMarker
    UploadIdMarker = page.NextUploadIdMarker
  }
}
