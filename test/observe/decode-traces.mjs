/** Reads OTLP's ExportTraceServiceRequest (opentelemetry/proto/trace/v1/trace.proto): field numbers are all it knows. */

/** Fields of a message by number: bytes for what has a length, BigInt for numbers. */
function fieldsOf(bytes) {
  const fields = new Map()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const wire = key & 7
    let value
    if (wire === 0) value = varint()
    else if (wire === 1) {
      value = new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true)
      at += 8
    } else if (wire === 2) {
      const length = Number(varint())
      value = bytes.subarray(at, at + length)
      at += length
    } else if (wire === 5) {
      value = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
      at += 4
    } else throw new Error(`wire type ${wire}`)
    const all = fields.get(key >> 3) ?? []
    all.push(value)
    fields.set(key >> 3, all)
  }
  return fields
}

const text = (bytes) => Buffer.from(bytes ?? []).toString('utf8')
const hex = (bytes) => Buffer.from(bytes ?? []).toString('hex')

function attributesOf(pairs = []) {
  return Object.fromEntries(
    pairs.map((pair) => {
      const fields = fieldsOf(pair)
      const value = fieldsOf(fields.get(2)?.[0] ?? new Uint8Array())
      const [string] = value.get(1) ?? []
      const [integer] = value.get(3) ?? []
      return [text(fields.get(1)?.[0]), string === undefined ? Number(integer) : text(string)]
    }),
  )
}

/** Its spans, flat, with the `service.name` of their resource. */
export function decodeTraces(bytes) {
  return (fieldsOf(bytes).get(1) ?? []).flatMap((resourceSpans) => {
    const group = fieldsOf(resourceSpans)
    const resource = fieldsOf(group.get(1)?.[0] ?? new Uint8Array())
    const service = attributesOf(resource.get(1))['service.name']
    return (group.get(2) ?? []).flatMap((scope) =>
      (fieldsOf(scope).get(2) ?? []).map((span) => {
        const fields = fieldsOf(span)
        const status = fieldsOf(fields.get(15)?.[0] ?? new Uint8Array())
        return {
          service,
          traceId: hex(fields.get(1)?.[0]),
          spanId: hex(fields.get(2)?.[0]),
          parentSpanId: hex(fields.get(4)?.[0]),
          name: text(fields.get(5)?.[0]),
          /** 1 internal, 2 server, 3 client. */
          kind: Number(fields.get(6)?.[0] ?? 0),
          startNs: fields.get(7)?.[0] ?? 0n,
          endNs: fields.get(8)?.[0] ?? 0n,
          attributes: attributesOf(fields.get(9)),
          failed: status.get(3)?.[0] === 2n,
        }
      }),
    )
  })
}
