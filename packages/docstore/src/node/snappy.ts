/** Reads a Snappy block: LevelDB compresses with it. Format: https://github.com/google/snappy/blob/main/format_description.txt. */

/** The bytes, or undefined where the input is none of Snappy's. */
export function uncompress(input: Uint8Array): Uint8Array | undefined {
  let at = 0
  let size = 0
  for (let shift = 0; ; shift += 7) {
    const byte = input[at++]
    if (byte === undefined || shift > 28) return undefined
    size += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  // 64 to 1 is the most Snappy reaches
  if (size > input.length * 64 + 64) return undefined
  const output = new Uint8Array(size)
  let to = 0
  while (at < input.length) {
    const tag = input[at++] as number
    const kind = tag & 3
    if (kind === 0) {
      let length = (tag >>> 2) + 1
      if (length > 60) {
        const bytes = length - 60
        length = readLittle(input, at, bytes) + 1
        at += bytes
      }
      if (at + length > input.length || to + length > size) return undefined
      output.set(input.subarray(at, at + length), to)
      at += length
      to += length
      continue
    }
    const length = kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
    const back =
      kind === 1
        ? ((tag >>> 5) << 8) | (input[at] as number)
        : readLittle(input, at, kind === 2 ? 2 : 4)
    at += kind === 1 ? 1 : kind === 2 ? 2 : 4
    if (back === 0 || back > to || to + length > size) return undefined
    for (let n = 0; n < length; n++, to++) output[to] = output[to - back] as number
  }
  return to === size ? output : undefined
}

function readLittle(bytes: Uint8Array, at: number, count: number): number {
  let value = 0
  for (let n = count - 1; n >= 0; n--) value = value * 256 + (bytes[at + n] ?? 0)
  return value
}
