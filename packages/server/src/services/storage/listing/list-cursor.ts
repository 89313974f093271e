/** Where a page ends, as an opaque text that carries its order. Pure. */
import { isJsonObject } from '#base/kernel'
import { storageErrors } from '#services/storage/core'

export interface ListOrder {
  readonly column: 'name' | 'created_at' | 'updated_at'
  readonly order: 'asc' | 'desc'
}

export interface ListCursor extends ListOrder {
  /** The last key of the page before. */
  readonly after: string
  /** Its time, where that is the order; else empty. */
  readonly time: string
}

export function encodeCursor({ column, order, after, time }: ListCursor): string {
  return Buffer.from(JSON.stringify({ c: column, o: order, a: after, t: time })).toString('base64')
}

export function decodeCursor(text: string): ListCursor {
  const refuse = (cause?: unknown) =>
    storageErrors.InvalidParameter({ name: 'continuation token' }, cause)
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(text, 'base64').toString('utf8'))
  } catch (cause) {
    throw refuse(cause)
  }
  if (!isJsonObject(value)) throw refuse()
  const { c: column, o: order, a: after, t: time } = value
  const isColumn = column === 'name' || column === 'created_at' || column === 'updated_at'
  if (!isColumn || (order !== 'asc' && order !== 'desc')) throw refuse()
  if (typeof after !== 'string' || typeof time !== 'string' || after.includes('\0')) throw refuse()
  if (time !== '' && !/^[\d: .+-]{1,40}$/.test(time)) throw refuse()
  return { column, order, after, time }
}
