/** Which part of an image stays when it has to fill a frame of another shape. Pure. */
import type { Gravity } from '#services/storage/core'

/** sharp's names of sides and of the smart choice. */
export const positions: Readonly<Record<Exclude<Gravity['kind'], 'fp'>, string>> = {
  no: 'top',
  so: 'bottom',
  ea: 'right',
  we: 'left',
  noea: 'right top',
  nowe: 'left top',
  soea: 'right bottom',
  sowe: 'left bottom',
  ce: 'centre',
  sm: 'attention',
}

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Cut extends Size {
  readonly left: number
  readonly top: number
}

/** The frame, as large as it fits into `source`, around the point `x`, `y` (each 0 to 1). */
export function cutAround(source: Size, frame: Size, x: number, y: number): Cut {
  const scale = Math.min(source.width / frame.width, source.height / frame.height)
  const width = Math.max(1, Math.min(source.width, Math.round(frame.width * scale)))
  const height = Math.max(1, Math.min(source.height, Math.round(frame.height * scale)))
  const within = (middle: number, length: number, whole: number): number =>
    Math.max(0, Math.min(whole - length, Math.round(middle - length / 2)))
  return {
    left: within(x * source.width, width, source.width),
    top: within(y * source.height, height, source.height),
    width,
    height,
  }
}
