/** Where artifacts lie among the bytes of objects: in a bucket that none can be called. */
import type { BlobKey } from '#base/blob'

/** No bucket's name has a slash. */
const bucketId = '.basalt/functions'

/** `id` is `<ref>/<slug>/<uuid>`, as the registry has it. */
export function blobKeyOf(id: string): BlobKey {
  const slash = id.lastIndexOf('/')
  return { bucketId, name: id.slice(0, slash), version: id.slice(slash + 1) }
}

/** For a sweep: these are nobody's orphans. */
export function artifactBlobs(ids: readonly string[]): BlobKey[] {
  return ids.map(blobKeyOf)
}
