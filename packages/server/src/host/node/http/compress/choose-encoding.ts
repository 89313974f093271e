/** Which content coding a client prefers among ours (RFC 9110 section 12.5.3). Pure. */

export type Encoding = 'zstd' | 'br' | 'gzip'

const known = new Map<string, Encoding | null>()
/** Clients send few values; whoever makes up others has them read each time. */
const maxKnown = 200
const maxCodings = 20

/** Null: as it is. `ours` in the order we prefer where the client does not. */
export function chooseEncoding(accepted: string, ours: readonly Encoding[]): Encoding | null {
  let encoding = known.get(accepted)
  if (encoding === undefined) {
    encoding = choose(accepted, ours)
    if (known.size < maxKnown && accepted.length < 200) known.set(accepted, encoding)
  }
  return encoding
}

function choose(accepted: string, ours: readonly Encoding[]): Encoding | null {
  const weights = readWeights(accepted)
  const others = weights.get('*') ?? 0
  // a coding that is not named is not wanted; that the answer stays as it is, is always acceptable unless it is refused
  const identity = weights.get('identity') ?? (weights.has('*') ? Math.min(others, 0.0005) : 0.0005)
  let best: Encoding | null = null
  let most = identity
  for (const name of ours) {
    const weight = weights.get(name) ?? others
    if (weight > most || (weight === most && weight > 0 && best === null)) {
      best = name
      most = weight
    }
  }
  return best
}

const weighted = /^([!#$%&'*+\-.^_`|~0-9a-z]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/

/** What cannot be read is not wanted. */
function readWeights(accepted: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>()
  for (const item of accepted.toLowerCase().split(',', maxCodings)) {
    const [, name, weight = '1'] = weighted.exec(item.trim()) ?? []
    if (name !== undefined) weights.set(name === 'x-gzip' ? 'gzip' : name, Number(weight))
  }
  return weights
}
