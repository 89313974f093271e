/** Copies within the bucket; above 5 GiB S3 wants them in parts. */
import type { PutOptions } from './blob-store.ts'
import { isMissing } from './s3-client.ts'
import type { S3 } from './s3-client.ts'

/** S3's bound of CopyObject. */
const copyBytes = { max: 5 * 1024 ** 3, part: 1024 ** 3 }

export interface Copied {
  readonly size: number
  readonly etag: string
}

/** Null where there is none to be copied. Without `facts` those of the source are kept. */
export async function copyObject(
  s3: S3,
  from: string,
  to: string,
  facts: PutOptions | null,
  sizes = copyBytes,
): Promise<Copied | null> {
  const { sdk, client, bucket: Bucket } = s3
  try {
    const head = await client.send(new sdk.HeadObjectCommand({ Bucket, Key: from }))
    const size = head.ContentLength ?? 0
    const kept = facts ?? {
      contentType: head.ContentType ?? 'application/octet-stream',
      cacheControl: head.CacheControl ?? 'no-cache',
    }
    const etag = await (size > sizes.max
      ? copyParts(s3, { from, to, size, partBytes: sizes.part }, kept)
      : copyWhole(s3, from, to, kept))
    return { size, etag }
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

async function copyWhole(s3: S3, from: string, to: string, facts: PutOptions): Promise<string> {
  const { sdk, client, bucket: Bucket } = s3
  const { CopyObjectResult } = await client.send(
    new sdk.CopyObjectCommand({
      Bucket,
      Key: to,
      CopySource: sourceOf(Bucket, from),
      MetadataDirective: 'REPLACE',
      ContentType: facts.contentType,
      CacheControl: facts.cacheControl,
    }),
  )
  return CopyObjectResult?.ETag ?? ''
}

interface LongCopy {
  readonly from: string
  readonly to: string
  readonly size: number
  readonly partBytes: number
}

async function copyParts(
  { sdk, client, bucket: Bucket }: S3,
  { from, to: Key, size, partBytes }: LongCopy,
  facts: PutOptions,
): Promise<string> {
  const { UploadId } = await client.send(
    new sdk.CreateMultipartUploadCommand({
      Bucket,
      Key,
      ContentType: facts.contentType,
      CacheControl: facts.cacheControl,
    }),
  )
  try {
    const Parts: { PartNumber: number; ETag: string | undefined }[] = []
    for (let start = 0; start < size; start += partBytes) {
      const end = Math.min(start + partBytes, size) - 1
      const PartNumber = Parts.length + 1
      const CopySourceRange = `bytes=${start}-${end}`
      const CopySource = sourceOf(Bucket, from)
      const part = { Bucket, Key, UploadId, PartNumber, CopySource, CopySourceRange }
      const { CopyPartResult } = await client.send(new sdk.UploadPartCopyCommand(part))
      Parts.push({ PartNumber, ETag: CopyPartResult?.ETag })
    }
    const done = { Bucket, Key, UploadId, MultipartUpload: { Parts } }
    return (await client.send(new sdk.CompleteMultipartUploadCommand(done))).ETag ?? ''
  } catch (error) {
    await client.send(new sdk.AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
    throw error
  }
}

function sourceOf(bucket: string, key: string): string {
  return `${bucket}/${key}`.split('/').map(encodeURIComponent).join('/')
}
