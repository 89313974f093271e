/** Where records lie: by bucket of time first, so that a bucket goes as a whole; then by series, then by time. */
import { decodeKey, encodeKey, keyEnd, last } from '#key'

export const configKey = 'TC'
export const bucketsPrefix = 'TB'
export const recordsPrefix = 'TD'
export const rollupsPrefix = 'TR'

/** A number as a key, ten characters that sort by value. */
export const encodeTime = (ms: number): string => (encodeKey(ms) as string).slice(1)
export const timeWidth = 10

const decodeTime = (text: string, at: number): number =>
  decodeKey(`\x20${text.slice(at, at + timeWidth)}`) as number

export const bucketKey = (bucket: number): string => bucketsPrefix + encodeTime(bucket)
export const bucketOfKey = (key: string): number => decodeTime(key, bucketsPrefix.length)

const bucketStart = (bucket: number): string => recordsPrefix + encodeTime(bucket)
export const seriesPrefix = (bucket: number, series: string): string =>
  bucketStart(bucket) + (encodeKey(series) as string)
export const recordKey = (bucket: number, series: string, at: number): string =>
  seriesPrefix(bucket, series) + encodeTime(at)
export const bucketRange = (bucket: number): { gte: string; lt: string } => ({
  gte: bucketStart(bucket),
  lt: bucketStart(bucket) + last,
})

const seriesAt = recordsPrefix.length + timeWidth

export interface PlacedKey {
  series: string
  at: number
}

export function parseRecordKey(key: string): PlacedKey {
  const end = keyEnd(key, seriesAt)
  return { series: decodeKey(key, seriesAt) as string, at: decodeTime(key, end) }
}

/** Without the bucket: sorts records of several buckets by series, then time. */
export const orderOf = (key: string): string => key.slice(seriesAt)

export interface SeriesRange {
  gte: string
  /** undefined: to the end. */
  lt: string | undefined
}

/** Engine range of the series of a bucket. Every series that begins with a prefix sorts behind it and before what follows it. */
export function seriesSpan(bucket: number, range: SeriesRange): { gte: string; lt: string } {
  const start = bucketStart(bucket)
  const open = (series: string): string => (encodeKey(series) as string).slice(0, -1)
  return {
    gte: start + open(range.gte),
    lt: start + (range.lt === undefined ? last : open(range.lt)),
  }
}

/** The first text that no text with this prefix reaches. */
export function afterPrefix(prefix: string): string | undefined {
  return prefix === '' ? undefined : `${prefix}\uffff\uffff`
}

export const cellKey = (rollup: number, series: string, start: number): string =>
  rollupsPrefix +
  rollup.toString(36).padStart(4, '0') +
  (encodeKey(series) as string) +
  encodeTime(start)
export const rollupRange = (rollup: number): { gte: string; lt: string } => {
  const start = rollupsPrefix + rollup.toString(36).padStart(4, '0')
  return { gte: start, lt: start + last }
}
export const cellTime = (key: string): number => decodeTime(key, key.length - timeWidth)
