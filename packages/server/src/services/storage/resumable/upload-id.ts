/** The last part of an upload's URL: base64url of `bucket/object/id`. Pure. */
export interface UploadId {
  readonly bucketId: string
  readonly key: string
  /** A UUID. */
  readonly id: string
}

const parts = /^([^/]+)\/(.+)\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

export function encodeUploadId({ bucketId, key, id }: UploadId): string {
  return Buffer.from(`${bucketId}/${key}/${id}`).toString('base64url')
}

/** Null for what is none. */
export function decodeUploadId(text: string): UploadId | null {
  const decoded = Buffer.from(text, 'base64url').toString('utf8')
  const [, bucketId, key, id] = parts.exec(decoded) ?? []
  if (bucketId === undefined || key === undefined || id === undefined) return null
  return { bucketId, key, id }
}
