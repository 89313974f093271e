/** Brings statements onto a connection: waits for a slot, sends the pipeline, and ties it to cancellation and deadline. */
import type { Statement } from '#base/sql'
import type { Result, RunOptions } from './database.ts'
import type { Use } from './connection-shares.ts'
import { Delivery } from './delivery.ts'
import type { Dispatch, Dispatcher } from './dispatcher.ts'
import { ConnectionError, DatabaseError } from './errors.ts'
import type { Pool } from './pool.ts'
import type { Slot } from './slot.ts'

export interface SlotRequest {
  readonly use: Use
  readonly role: string
  readonly options: RunOptions
  /** In `performance.now()` ms. */
  readonly deadlineAt: number
  /** Called at once or later, in the turn in which the slot becomes the caller's. */
  place(slot: Slot): void
  fail(error: Error): void
}

/** In `performance.now()` ms. */
export function deadlineOf(options: RunOptions): number {
  return options.timeoutMs === undefined
    ? Number.POSITIVE_INFINITY
    : performance.now() + options.timeoutMs
}

const cancelled = (): ConnectionError =>
  new ConnectionError('cancelled', 'The client went away before the answer')

/** Asks the pool for a slot; a cancelled request leaves the waiting line. */
export function acquire(pool: Pool, request: SlotRequest): void {
  const { cancellation } = request.options
  if (cancellation?.cancelled === true) {
    request.fail(cancelled())
    return
  }
  const slot = pool.take(request.use, request.role)
  if (slot === null) wait(pool, request)
  else request.place(slot)
}

function wait(pool: Pool, request: SlotRequest): void {
  const { cancellation } = request.options
  let waiting = true
  let stopListening: (() => void) | undefined
  const settle = (): void => {
    waiting = false
    stopListening?.()
  }
  const waiter = {
    use: request.use,
    role: request.role,
    since: performance.now(),
    deadlineAt: request.deadlineAt,
    place: (slot: Slot) => {
      settle()
      request.place(slot)
    },
    fail: (error: Error) => {
      settle()
      request.fail(error)
    },
  }
  pool.wait(waiter)
  if (!waiting || cancellation === undefined) return
  stopListening = cancellation.onCancel(() => {
    if (pool.withdraw(waiter)) request.fail(cancelled())
  })
}

/** Sends one pipeline on `slot`, in this turn. Callbacks: each promise in between costs a request 1 µs. */
export function send(
  dispatcher: Dispatcher,
  slot: Slot,
  dispatch: Dispatch,
  resolve: (results: readonly Result[]) => void,
  reject: (error: Error) => void,
): void {
  const unsendable = dispatch.statements.find((statement) => statement.text.includes('\0'))
  if (unsendable === undefined) {
    new Delivery(dispatcher, slot.connection, dispatch, { resolve, reject }).begin()
    return
  }
  dispatch.onEnd?.(false)
  reject(nulByte(unsendable))
}

/** The protocol ends texts with a NUL: one inside would be read as the end of the statement. */
function nulByte({ name }: Statement): DatabaseError {
  const message = 'invalid byte sequence for encoding "UTF8": 0x00'
  return new DatabaseError({ S: 'ERROR', C: '22021', M: message }, name)
}
