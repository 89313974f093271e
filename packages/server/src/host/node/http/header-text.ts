/** Texts of a request's head, which Node reads as Latin-1, as the UTF-8 they are. */
const beyondAscii = /[\x80-\xff]/
const strict = new TextDecoder('utf-8', { fatal: true })

/** The value of a header as PostgREST reads it; one that is not UTF-8 stays as it is. */
export function decodeValue(value: string): string {
  if (!beyondAscii.test(value)) return value
  try {
    return strict.decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}

/** `/caf\xc3\xa9` → `/caf%C3%A9` */
export function encodeTarget(target: string): string {
  if (!beyondAscii.test(target)) return target
  return target.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** The same in a head that another reader takes over, which would refuse such bytes. */
export function encodeRequestLine(head: Buffer): Buffer {
  const end = head.indexOf(0x0a)
  const line = head.toString('latin1', 0, end === -1 ? head.length : end)
  if (!beyondAscii.test(line)) return head
  return Buffer.concat([Buffer.from(encodeTarget(line), 'latin1'), head.subarray(line.length)])
}
