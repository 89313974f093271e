/** Requests and the event of a version change. */
import { IdbEvent, IdbEventTarget, parentOf, type EventInit } from './dom-event.ts'
import { defineHandlers } from './event-handlers.ts'
import { domError } from './dom-error.ts'
import {
  assertInternal,
  defineInterface,
  enforceRange,
  internal,
  maxUnsignedLongLong,
  requireArguments,
  toDictionary,
} from './webidl.ts'

export interface RequestState {
  result: unknown
  error: DOMException | null
  source: unknown
  transaction: (IdbEventTarget & object) | null
  readyState: 'pending' | 'done'
}

export let requestState: (request: IDBRequest) => RequestState

export class IDBRequest extends IdbEventTarget {
  static {
    requestState = (request) => request.#state
  }
  readonly #state: RequestState

  constructor(...args: unknown[]) {
    assertInternal(args[0])
    super()
    this.#state = {
      result: undefined,
      error: null,
      source: args[1] ?? null,
      transaction: (args[2] as IdbEventTarget) ?? null,
      readyState: 'pending',
    }
  }

  override get [parentOf](): IdbEventTarget | null {
    return this.#state.transaction
  }

  get result(): unknown {
    if (this.#state.readyState === 'pending')
      throw domError('InvalidStateError', 'The request is pending.')
    return this.#state.result
  }
  get error(): DOMException | null {
    if (this.#state.readyState === 'pending')
      throw domError('InvalidStateError', 'The request is pending.')
    return this.#state.error
  }
  get source(): unknown {
    return this.#state.source
  }
  get transaction(): unknown {
    return this.#state.transaction
  }
  get readyState(): 'pending' | 'done' {
    return this.#state.readyState
  }
}
defineHandlers(IDBRequest, ['success', 'error'])
defineInterface(IDBRequest, 'IDBRequest')

export class IDBOpenDBRequest extends IDBRequest {}
defineHandlers(IDBOpenDBRequest, ['blocked', 'upgradeneeded'])
defineInterface(IDBOpenDBRequest, 'IDBOpenDBRequest')

export const newRequest = (source: unknown, transaction: unknown): IDBRequest =>
  new IDBRequest(internal, source, transaction)
export const newOpenRequest = (): IDBOpenDBRequest => new IDBOpenDBRequest(internal)

export interface VersionChangeInit extends EventInit {
  oldVersion?: number
  newVersion?: number | null
}

export class IDBVersionChangeEvent extends IdbEvent {
  readonly #oldVersion: number
  readonly #newVersion: number | null

  constructor(type: string, eventInitDict: VersionChangeInit | undefined = undefined) {
    requireArguments(arguments.length, 1)
    super(type, eventInitDict)
    const { oldVersion, newVersion } = toDictionary(eventInitDict, 'eventInitDict')
    this.#oldVersion =
      oldVersion === undefined ? 0 : enforceRange(oldVersion, maxUnsignedLongLong, 'oldVersion')
    this.#newVersion =
      newVersion === undefined || newVersion === null
        ? null
        : enforceRange(newVersion, maxUnsignedLongLong, 'newVersion')
  }

  get oldVersion(): number {
    return this.#oldVersion
  }
  get newVersion(): number | null {
    return this.#newVersion
  }
}
defineInterface(IDBVersionChangeEvent, 'IDBVersionChangeEvent')
