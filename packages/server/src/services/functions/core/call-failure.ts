/** Why a call has no answer of the function's. */

export type FailureKind =
  /** It does not load. */
  | 'boot'
  /** The function threw, answered nonsense, or its worker ended by an error. */
  | 'fault'
  /** It took more memory, CPU time, time or room in /tmp than it may. */
  | 'limit'
  /** It did not begin to answer in time. */
  | 'timeout'
  /** Too many calls wait already, or this one has waited too long. */
  | 'busy'
  /** The worker went away for no reason of the function's. */
  | 'gone'
  /** It answered a handshake without taking the WebSocket. */
  | 'no websocket'

export class CallFailure extends Error {
  override readonly name = 'CallFailure'
  readonly kind: FailureKind
  readonly where: string | null

  constructor(kind: FailureKind, message: string, where: string | null = null) {
    super(message)
    this.kind = kind
    this.where = where
  }
}
