/** Cursors. https://w3c.github.io/IndexedDB/#cursor-interface */
import { deserializeClone } from './clone.ts'
import { CursorWalk, type Target } from './cursor-walk.ts'
import { domError } from './dom-error.ts'
import { convertKey, decodeKey, requireIdbKey, type Bounds } from './idb-key.ts'
import type { IDBRequest } from './idb-request.ts'
import type { SourceHandle } from './idb-source.ts'
import { evaluate } from './key-path.ts'
import {
  deleteRecords,
  storeRecord,
  type Direction,
  type FoundRecord,
  type Work,
} from './records.ts'
import {
  assertInternal,
  defineInterface,
  enforceRange,
  internal,
  maxUnsignedLong,
  requireArguments,
} from './webidl.ts'

interface CursorState {
  handle: SourceHandle
  direction: Direction
  walk: CursorWalk
  request: IDBRequest
  withValue: boolean
  gotValue: boolean
  record: FoundRecord | undefined
  key: unknown
  primaryKey: unknown
  value: unknown
}

let stateOf: (cursor: IDBCursor) => CursorState

export class IDBCursor {
  static {
    stateOf = (cursor) => cursor.#state
  }
  readonly #state: CursorState

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    this.#state = args[1] as CursorState
  }

  get source(): object {
    return this.#state.handle.object
  }
  get direction(): Direction {
    return this.#state.direction
  }
  get key(): unknown {
    return this.#state.key
  }
  get primaryKey(): unknown {
    return this.#state.primaryKey
  }
  get request(): IDBRequest {
    return this.#state.request
  }

  advance(count: number): void {
    const state = this.#state
    requireArguments(arguments.length, 1)
    const steps = enforceRange(count, maxUnsignedLong, 'count')
    if (steps === 0) throw new TypeError('count must not be 0.')
    assertMovable(state)
    move(this, state, { count: steps })
  }

  continue(key: unknown = undefined): void {
    const state = this.#state
    assertMovable(state)
    if (key === undefined) return move(this, state, {})
    const target = requireIdbKey(key)
    const at = state.record?.key as string
    if (isForward(state) ? target <= at : target >= at)
      throw domError('DataError', 'The key is not ahead of the cursor.')
    move(this, state, { key: target })
  }

  continuePrimaryKey(key: unknown, primaryKey: unknown): void {
    const state = this.#state
    requireArguments(arguments.length, 2)
    const { transaction, isDeleted, source } = state.handle
    transaction.assertActive()
    if (isDeleted()) throw domError('InvalidStateError')
    if (source.index === undefined || !['next', 'prev'].includes(state.direction))
      throw domError('InvalidAccessError', 'Only a cursor of an index, next or prev, can do this.')
    if (!state.gotValue) throw domError('InvalidStateError', 'The cursor is moving, or at its end.')
    const [wantedKey, wantedPrimary] = [requireIdbKey(key), requireIdbKey(primaryKey)]
    const { key: atKey, primaryKey: atPrimary } = state.record as FoundRecord
    const [wanted, at] = [wantedKey + wantedPrimary, atKey + atPrimary]
    if (isForward(state) ? wanted <= at : wanted >= at)
      throw domError('DataError', 'The keys are not ahead of the cursor.')
    move(this, state, { key: wantedKey, primaryKey: wantedPrimary })
  }

  update(value: unknown): IDBRequest {
    const state = this.#state
    requireArguments(arguments.length, 1)
    assertWritable(state)
    const { transaction, source } = state.handle
    const { store } = source
    const cloned = transaction.cloneIn(value)
    const { primaryKey } = state.record as FoundRecord
    if (store.keyPath !== null && convertKey(evaluate(cloned, store.keyPath)) !== primaryKey)
      throw domError('DataError', 'The value has another key than the cursor.')
    return transaction.place(this, async (work) => {
      await storeRecord(work, {
        store,
        value: cloned,
        key: primaryKey,
        number: undefined,
        noOverwrite: false,
      })
      return decodeKey(primaryKey)
    })
  }

  delete(): IDBRequest {
    const state = this.#state
    assertWritable(state)
    const { transaction, source } = state.handle
    const key = (state.record as FoundRecord).primaryKey
    return transaction.place(this, (work) =>
      deleteRecords(work, source.store, {
        lower: key,
        upper: key,
        lowerOpen: false,
        upperOpen: false,
      }),
    )
  }
}
defineInterface(IDBCursor, 'IDBCursor')

export class IDBCursorWithValue extends IDBCursor {
  get value(): unknown {
    const state = stateOf(this)
    if (!state.withValue) throw new TypeError('Illegal invocation')
    return state.value
  }
}
defineInterface(IDBCursorWithValue, 'IDBCursorWithValue')

const isForward = ({ direction }: CursorState): boolean => direction.startsWith('next')

function assertMovable({ handle, gotValue }: CursorState): void {
  handle.transaction.assertActive()
  if (handle.isDeleted()) throw domError('InvalidStateError', 'The store or index was deleted.')
  if (!gotValue) throw domError('InvalidStateError', 'The cursor is moving, or at its end.')
}

function assertWritable(state: CursorState): void {
  const { handle, gotValue, withValue } = state
  handle.transaction.assertActive()
  if (handle.transaction.mode === 'readonly') throw domError('ReadOnlyError')
  if (handle.isDeleted()) throw domError('InvalidStateError', 'The store or index was deleted.')
  if (!gotValue || !withValue)
    throw domError('InvalidStateError', 'The cursor is moving, at its end, or has keys only.')
}

function move(cursor: IDBCursor, state: CursorState, target: Target): void {
  state.gotValue = false
  state.handle.transaction.place(undefined, stepOf(cursor, state, target), state.request)
}

function stepOf(
  cursor: IDBCursor,
  state: CursorState,
  target: Target,
): (work: Work) => Promise<IDBCursor | null> {
  return async (work) => {
    const record = await state.walk.step(work, target)
    if (record === undefined) {
      Object.assign(state, {
        record: undefined,
        key: undefined,
        primaryKey: undefined,
        value: undefined,
      })
      return null
    }
    const isSameKey = state.record?.key === record.key
    state.record = record
    if (!isSameKey) state.key = decodeKey(record.key)
    state.primaryKey = decodeKey(record.primaryKey)
    if (state.withValue) state.value = deserializeClone(record.bytes as Uint8Array)
    state.gotValue = true
    return cursor
  }
}

/** Opens a cursor; its request is the one all its steps report to. */
export function newCursor(
  handle: SourceHandle,
  bounds: Bounds,
  direction: Direction,
  withValue: boolean,
): IDBRequest {
  const walk = new CursorWalk(handle.source, bounds, direction, withValue)
  const state = {
    handle,
    direction,
    walk,
    withValue,
    gotValue: false,
    record: undefined,
    key: undefined,
    primaryKey: undefined,
    value: undefined,
  } as unknown as CursorState
  const cursor = withValue
    ? new IDBCursorWithValue(internal, state)
    : new IDBCursor(internal, state)
  state.request = handle.transaction.place(handle.object, (work) => stepOf(cursor, state, {})(work))
  return state.request
}
