/** Durations in buckets that grow by 2^(1/4): quantiles within 19 % from 160 counters, however many were observed. */
const buckets = 160
const perOctave = 4
const lowestMs = 0.0005

export class Histogram {
  readonly counts: Float64Array = new Float64Array(buckets)
  count = 0
  sumMs = 0

  observe(ms: number): void {
    this.count++
    this.sumMs += ms
    const bucket = Math.ceil(Math.log2(Math.max(ms, lowestMs) / lowestMs) * perOctave)
    const at = Math.min(buckets - 1, Math.max(0, bucket))
    this.counts[at] = (this.counts[at] as number) + 1
  }

  /** Upper bound, in milliseconds, of the bucket that holds the quantile; 0 of nothing. */
  quantile(share: number): number {
    let left = Math.ceil(this.count * share)
    if (this.count === 0) return 0
    for (let at = 0; at < buckets; at++) {
      left -= this.counts[at] as number
      if (left <= 0) return lowestMs * 2 ** (at / perOctave)
    }
    return lowestMs * 2 ** (buckets / perOctave)
  }
}
