/** What an image may be turned into, as a signed URL carries it. */
import type { JsonObject } from '#base/kernel'
import type { Fields, StorageContext } from '#services/storage/core'

export interface TransformClaims extends JsonObject {
  /** `width:100,height:100,resize:cover,quality:80` */
  readonly transformations: string
  readonly format?: string
}

/** Null for none, or where images are not transformed. */
export function readTransform(
  { config }: StorageContext,
  transform: Fields | null,
): TransformClaims | null {
  if (transform === null || !config['storage.image_transformation.enabled']) return null
  const size = { min: 0 }
  const parts = {
    height: transform.integer('height', size),
    width: transform.integer('width', size),
    resize: transform.choice('resize', ['cover', 'contain', 'fill']),
    quality: transform.integer('quality', { min: 20, max: 100 }),
  }
  const format = transform.choice('format', ['origin', 'avif', 'webp'])
  const transformations = Object.entries(parts)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}:${value}`]))
    .join(',')
  if (transformations === '' && format === null) return null
  return { transformations, ...(format === null ? {} : { format }) }
}
