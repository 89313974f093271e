/** What a request wants of an image: read from its query or body, carried by the token of a signed URL, told in a header. Pure. */
import type { JsonObject } from '#base/kernel'
import { storageErrors } from './errors.ts'
import { Fields } from './fields.ts'

export interface Transformation {
  readonly width: number | null
  readonly height: number | null
  readonly resize: 'cover' | 'contain' | 'fill' | null
  readonly quality: number | null
  readonly gravity: Gravity | null
  /** Null: WebP where the client takes it. */
  readonly format: 'origin' | 'avif' | 'webp' | null
}

/** Which part of an image stays when it is cut: a side, the middle, the smart choice, or a point (`fp`, 0 to 1). */
export interface Gravity {
  readonly kind: (typeof gravities)[number]
  /** Null where none was given. */
  readonly x: number | null
  readonly y: number | null
}

const gravities = [
  'no',
  'so',
  'ea',
  'we',
  'noea',
  'nowe',
  'soea',
  'sowe',
  'ce',
  'sm',
  'fp',
] as const
const maxSide = 2_000
/** As imgproxy names them. */
const resizingTypes = { cover: 'fill', contain: 'fit', fill: 'force' } as const

export function readTransformation(fields: Fields): Transformation {
  const side = (name: string): number | null => {
    const value = fields.integer(name)
    return value === null ? null : Math.min(maxSide, Math.max(1, value))
  }
  return {
    width: side('width'),
    height: side('height'),
    resize: fields.choice('resize', ['cover', 'contain', 'fill']),
    quality: fields.integer('quality', { min: 20, max: 100 }),
    gravity: readGravity(fields),
    format: fields.choice('format', ['origin', 'avif', 'webp']),
  }
}

function readGravity(fields: Fields): Gravity | null {
  const kind = fields.choice('gravity', gravities)
  if (kind === null) return null
  const bounds = kind === 'fp' ? { min: 0, max: 1 } : { min: -maxSide, max: maxSide }
  const x = fields.number('x_offset', bounds)
  const y = fields.number('y_offset', bounds)
  if (kind === 'fp' && (x === null || y === null))
    throw storageErrors.InvalidParameter({ name: 'gravity' })
  return { kind, x, y }
}

/** `gravity:fp:0.5:1`, `gravity:no`, `gravity:no:12:0` */
function gravityText({ kind, x, y }: Gravity): string {
  const isBare = kind === 'sm' || (x === null && y === null)
  return isBare ? `gravity:${kind}` : `gravity:${kind}:${x ?? 0}:${y ?? 0}`
}

/** In the order imgproxy is told them; `resize` as it is called there. */
function partsOf(transformation: Transformation, resize: string | null): string[] {
  const { height, width, quality, gravity } = transformation
  return [
    ...(height === null ? [] : [`height:${height}`]),
    ...(width === null ? [] : [`width:${width}`]),
    ...(resize === null ? [] : [resize]),
    ...(quality === null ? [] : [`quality:${quality}`]),
    ...(gravity === null ? [] : [gravityText(gravity)]),
  ]
}

/** The header X-Transformations: `height:100,width:100,resizing_type:fill` */
export function describeTransformation(transformation: Transformation): string {
  const { width, height, resize, format } = transformation
  const isSized = width !== null || height !== null
  const type = isSized ? `resizing_type:${resizingTypes[resize ?? 'cover']}` : null
  const shown = format === null || format === 'origin' ? [] : [`format:${format}`]
  return [...partsOf(transformation, type), ...shown].join(',')
}

/** What of it a signed URL's token carries: `height:100,resize:cover` and the format. Null for nothing. */
export function transformationClaims(transformation: Transformation): JsonObject | null {
  const { resize, format } = transformation
  const parts = partsOf(transformation, resize === null ? null : `resize:${resize}`)
  if (parts.length === 0 && format === null) return null
  return { transformations: parts.join(','), ...(format === null ? {} : { format }) }
}

/** The same back, out of a token we signed. */
export function transformationOf({ transformations, format }: JsonObject): Transformation {
  if (transformations !== undefined && typeof transformations !== 'string')
    throw storageErrors.InvalidSignature({ message: 'Invalid signature' })
  const values: Record<string, string> = typeof format === 'string' ? { format } : {}
  for (const part of (transformations ?? '').split(',')) {
    const [name = '', value = '', x, y] = part.split(':')
    if (name === '') continue
    values[name] = value
    if (x !== undefined) values['x_offset'] = x
    if (y !== undefined) values['y_offset'] = y
  }
  return readTransformation(new Fields('token', values))
}
