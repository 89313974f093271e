/** Messages of `pgoutput`, protocol version 1 (PostgreSQL documentation, "Logical Replication Message Formats"). */

export interface RelationColumn {
  readonly name: string
  readonly typeOid: number
  /** Of the replica identity. */
  readonly isKey: boolean
}

export interface Relation {
  readonly oid: number
  readonly schema: string
  readonly table: string
  /** d default, n nothing, f full, i index */
  readonly identity: string
  readonly columns: readonly RelationColumn[]
}

/** In the order of the relation's columns: text as Postgres prints it, null, or undefined for a large value that is unchanged. */
export type Tuple = readonly (string | null | undefined)[]

export type LogMessage =
  | {
      readonly kind: 'begin'
      readonly commitLsn: bigint
      readonly committedAtMs: number
      readonly xid: number
    }
  | { readonly kind: 'commit'; readonly endLsn: bigint }
  | { readonly kind: 'relation'; readonly relation: Relation }
  | { readonly kind: 'insert'; readonly oid: number; readonly now: () => Tuple }
  | {
      readonly kind: 'update'
      readonly oid: number
      readonly now: () => Tuple
      readonly before: () => Tuple | null
    }
  | { readonly kind: 'delete'; readonly oid: number; readonly before: () => Tuple }

export type ChangeType = 'INSERT' | 'UPDATE' | 'DELETE'

export function typeOf({ kind }: Extract<LogMessage, { readonly oid: number }>): ChangeType {
  if (kind === 'insert') return 'INSERT'
  return kind === 'update' ? 'UPDATE' : 'DELETE'
}

const epochMs = 946_684_800_000

/** Null for what we have no use for: truncations, types, origins. Tuples are read when they are asked for. */
export function decodeMessage(data: Buffer): LogMessage | null {
  switch (String.fromCharCode(data[0] ?? 0)) {
    case 'B':
      return {
        kind: 'begin',
        commitLsn: data.readBigUInt64BE(1),
        committedAtMs: Number(data.readBigInt64BE(9) / 1000n) + epochMs,
        xid: data.readUInt32BE(17),
      }
    case 'C':
      return { kind: 'commit', endLsn: data.readBigUInt64BE(10) }
    case 'R':
      return { kind: 'relation', relation: decodeRelation(data) }
    case 'I':
      return { kind: 'insert', oid: data.readUInt32BE(1), now: () => decodeTuple(data, 6).tuple }
    case 'U':
      return decodeUpdate(data)
    case 'D':
      return { kind: 'delete', oid: data.readUInt32BE(1), before: () => decodeTuple(data, 6).tuple }
    default:
      return null
  }
}

const newTuple = 0x4e /* N */

function decodeUpdate(data: Buffer): LogMessage {
  const oid = data.readUInt32BE(1)
  if (data[5] === newTuple)
    return { kind: 'update', oid, now: () => decodeTuple(data, 6).tuple, before: () => null }
  let old: { readonly tuple: Tuple; readonly end: number } | null = null
  const before = (): { readonly tuple: Tuple; readonly end: number } =>
    (old ??= decodeTuple(data, 6))
  return {
    kind: 'update',
    oid,
    now: () => decodeTuple(data, before().end + 1).tuple,
    before: () => before().tuple,
  }
}

function decodeRelation(data: Buffer): Relation {
  const oid = data.readUInt32BE(1)
  const [schema, afterSchema] = readString(data, 5)
  const [table, afterTable] = readString(data, afterSchema)
  const identity = String.fromCharCode(data[afterTable] as number)
  const count = data.readUInt16BE(afterTable + 1)
  const columns: RelationColumn[] = []
  let at = afterTable + 3
  for (let i = 0; i < count; i++) {
    const isKey = data[at] === 1
    const [name, after] = readString(data, at + 1)
    columns.push({ name, typeOid: data.readUInt32BE(after), isKey })
    at = after + 8
  }
  // the namespace of the catalog is sent as nothing
  return { oid, schema: schema === '' ? 'pg_catalog' : schema, table, identity, columns }
}

function decodeTuple(data: Buffer, start: number): { readonly tuple: Tuple; readonly end: number } {
  const count = data.readUInt16BE(start)
  const tuple: (string | null | undefined)[] = []
  let at = start + 2
  for (let i = 0; i < count; i++) {
    const kind = data[at++]
    if (kind === 0x74 /* t */) {
      const length = data.readUInt32BE(at)
      at += 4
      tuple.push(data.toString('utf8', at, at + length))
      at += length
    } else tuple.push(kind === 0x6e /* n */ ? null : undefined)
  }
  return { tuple, end: at }
}

function readString(data: Buffer, start: number): [text: string, next: number] {
  const end = data.indexOf(0, start)
  return [data.toString('utf8', start, end), end + 1]
}
