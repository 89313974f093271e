/** Images through sharp, in threads of their own; so many at a time, none for long, none too large once it is unpacked. */
import type { Sharp, SharpOptions } from 'sharp'
import { createQueue, PlatformError } from '#base/kernel'
import type { Transformation } from '#services/storage/core'
import { cutAround, positions } from './cut.ts'
import type { Size } from './cut.ts'
import { renderErrors } from './errors.ts'

export interface Rendered {
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** Formats images come in, and what an unnamed one becomes. */
const written = new Set(['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'])
const readOnly = new Map([
  ['svg', 'png'],
  ['heif', 'avif'],
])
const maxPixels = 50_000_000
const maxSeconds = 10
const maxRunning = 2
const maxWaiting = 64
const defaultQuality = 80

type SharpModule = (input: Uint8Array, options: SharpOptions) => Sharp
let loading: Promise<SharpModule> | null = null

/** On first use: sharp takes 30 MB that a project without images does not need. */
function loadSharp(): Promise<SharpModule> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      // what is transformed is kept by us; threads belong to the requests
      sharp.cache(false)
      sharp.concurrency(1)
      return sharp
    },
    (error: unknown) => {
      loading = null
      throw renderErrors.unavailable(undefined, error)
    },
  )
  return loading
}

const inTurn = createQueue({
  concurrency: maxRunning,
  maxWaiting,
  refuse: () => renderErrors.busy(),
})

/** `acceptsWebp` decides where the format is left to us. The source is read when its turn has come: those who wait hold none. */
export function transformImage(
  read: () => Promise<Uint8Array>,
  transformation: Transformation,
  acceptsWebp: boolean,
): Promise<Rendered> {
  return inTurn(async () => {
    const sharp = await loadSharp()
    const source = await read()
    try {
      return await render(sharp, source, transformation, acceptsWebp)
    } catch (error) {
      throw describe(error)
    }
  })
}

async function render(
  sharp: SharpModule,
  source: Uint8Array,
  transformation: Transformation,
  acceptsWebp: boolean,
): Promise<Rendered> {
  // as imgproxy, what can be read of a damaged file is shown
  const image = sharp(source, { limitInputPixels: maxPixels, failOn: 'none', pages: 1 })
  const { format: found, autoOrient } = await image.metadata()
  const origin = readOnly.get(found) ?? (written.has(found) ? found : null)
  if (origin === null) throw renderErrors.invalidSource()
  const target = formatOf(transformation.format, origin, acceptsWebp)
  const quality = transformation.quality ?? defaultQuality
  const bytes = await resize(image.autoOrient(), autoOrient, transformation)
    .timeout({ seconds: maxSeconds })
    .toFormat(target as 'png', { quality })
    .toBuffer()
  return { bytes, contentType: `image/${target}` }
}

const fits = { cover: 'cover', contain: 'inside', fill: 'fill' } as const

/** A picture is not made larger than it is, unless it is to be stretched. */
function resize(
  image: Sharp,
  source: Size,
  { width, height, resize: asked, gravity }: Transformation,
): Sharp {
  if (width === null && height === null) return image
  const kind = asked ?? 'cover'
  const withoutEnlargement = kind !== 'fill'
  if (kind !== 'cover' || gravity === null || width === null || height === null)
    return image.resize(width, height, { fit: fits[kind], withoutEnlargement })
  if (gravity.kind === 'fp') {
    const cut = cutAround(source, { width, height }, gravity.x ?? 0.5, gravity.y ?? 0.5)
    return image.extract(cut).resize(width, height, { fit: 'fill', withoutEnlargement })
  }
  const position = positions[gravity.kind]
  return image.resize(width, height, { fit: 'cover', position, withoutEnlargement })
}

function formatOf(asked: Transformation['format'], origin: string, acceptsWebp: boolean): string {
  if (asked === 'origin') return origin
  return asked ?? (acceptsWebp ? 'webp' : origin)
}

function describe(error: unknown): unknown {
  if (error instanceof PlatformError) return error
  const message = error instanceof Error ? error.message : ''
  if (/pixel limit|too large|exceeds/i.test(message)) return renderErrors.tooLarge(undefined, error)
  if (/timeout/i.test(message)) return renderErrors.tooSlow(undefined, error)
  return renderErrors.invalidSource(undefined, error)
}
