/** Events that bubble from request to transaction to database, which Node's own do not. https://dom.spec.whatwg.org/#events */
import { defineInterface, requireArguments, toDictionary, toDomString } from './webidl.ts'

export interface EventInit {
  bubbles?: boolean
  cancelable?: boolean
  composed?: boolean
}

export interface EventState {
  target: IdbEventTarget | null
  currentTarget: IdbEventTarget | null
  phase: number
  path: readonly IdbEventTarget[]
  stop: boolean
  stopNow: boolean
  canceled: boolean
  dispatching: boolean
  trusted: boolean
}

let stateOf: (event: IdbEvent) => EventState
const now = (): number => performance.now()

export class IdbEvent {
  static {
    stateOf = (event) => event.#state
  }
  readonly #state: EventState = {
    target: null,
    currentTarget: null,
    phase: 0,
    path: [],
    stop: false,
    stopNow: false,
    canceled: false,
    dispatching: false,
    trusted: false,
  }
  #type: string
  #bubbles: boolean
  #cancelable: boolean
  readonly #composed: boolean
  readonly #timeStamp = now()

  constructor(type: string, init: EventInit | undefined = undefined) {
    requireArguments(arguments.length, 1)
    const { bubbles, cancelable, composed } = toDictionary(init, 'eventInitDict') as EventInit
    this.#type = toDomString(type)
    this.#bubbles = bubbles === true
    this.#cancelable = cancelable === true
    this.#composed = composed === true
  }

  get type(): string {
    return this.#type
  }
  get target(): IdbEventTarget | null {
    return this.#state.target
  }
  get srcElement(): IdbEventTarget | null {
    return this.#state.target
  }
  get currentTarget(): IdbEventTarget | null {
    return this.#state.currentTarget
  }
  get eventPhase(): number {
    return this.#state.phase
  }
  get bubbles(): boolean {
    return this.#bubbles
  }
  get cancelable(): boolean {
    return this.#cancelable
  }
  get composed(): boolean {
    return this.#composed
  }
  get defaultPrevented(): boolean {
    return this.#state.canceled
  }
  get returnValue(): boolean {
    return !this.#state.canceled
  }
  set returnValue(value: boolean) {
    if (!value) this.preventDefault()
  }
  get cancelBubble(): boolean {
    return this.#state.stop
  }
  set cancelBubble(value: boolean) {
    if (value) this.#state.stop = true
  }
  get timeStamp(): number {
    return this.#timeStamp
  }
  get isTrusted(): boolean {
    return this.#state.trusted
  }
  composedPath(): IdbEventTarget[] {
    return [...this.#state.path]
  }
  stopPropagation(): void {
    this.#state.stop = true
  }
  stopImmediatePropagation(): void {
    this.#state.stop = true
    this.#state.stopNow = true
  }
  preventDefault(): void {
    if (this.#cancelable) this.#state.canceled = true
  }
  initEvent(type: string, bubbles = false, cancelable = false): void {
    if (this.#state.dispatching) return
    this.#type = toDomString(type)
    this.#bubbles = bubbles
    this.#cancelable = cancelable
  }
}
for (const [at, name] of ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE'].entries())
  for (const object of [IdbEvent, IdbEvent.prototype])
    Object.defineProperty(object, name, { value: at, enumerable: true })
defineInterface(IdbEvent, 'Event')

export type Listener = ((event: IdbEvent) => unknown) | { handleEvent(event: IdbEvent): unknown }

export interface Registered {
  type: string
  callback: Listener
  capture: boolean
  once: boolean
  removed: boolean
}

/** Where an event goes after this target; symbols are not members of the interface. */
export const parentOf: unique symbol = Symbol('parent')
/** What a listener threw goes here; a host may replace it. */
export const reporter: { report: (error: unknown) => void } = {
  // as Node does with errors in its own listeners: uncaught
  report: (error) =>
    queueMicrotask(() => {
      throw error
    }),
}

export let listenersOf: (target: IdbEventTarget) => Registered[]
export let handlersOf: (target: IdbEventTarget) => Map<string, Registered>

export class IdbEventTarget {
  static {
    listenersOf = (target) => target.#listeners
    handlersOf = (target) => target.#handlers
  }
  readonly #listeners: Registered[] = []
  readonly #handlers = new Map<string, Registered>()

  get [parentOf](): IdbEventTarget | null {
    return null
  }

  addEventListener(type: string, callback: Listener | null, options: unknown = undefined): void {
    requireArguments(arguments.length, 2)
    const { capture, once } = flatten(options)
    const known = this.#listeners.some(
      (one) => one.type === type && one.callback === callback && one.capture === capture,
    )
    if (callback === null || callback === undefined || known) return
    this.#listeners.push({ type: toDomString(type), callback, capture, once, removed: false })
  }

  removeEventListener(type: string, callback: Listener | null, options: unknown = undefined): void {
    requireArguments(arguments.length, 2)
    const { capture } = flatten(options)
    const at = this.#listeners.findIndex(
      (one) => one.type === type && one.callback === callback && one.capture === capture,
    )
    if (at >= 0) for (const one of this.#listeners.splice(at, 1)) one.removed = true
  }

  dispatchEvent(event: IdbEvent): boolean {
    requireArguments(arguments.length, 1)
    const state = stateOf(event)
    if (state.dispatching)
      throw new DOMException('The event is being dispatched.', 'InvalidStateError')
    state.trusted = false
    dispatch(this, event)
    return !state.canceled
  }
}
defineInterface(IdbEventTarget, 'EventTarget')

function flatten(options: unknown): { capture: boolean; once: boolean } {
  if (typeof options !== 'object' || options === null)
    return { capture: Boolean(options), once: false }
  const { capture, once } = options as { capture?: unknown; once?: unknown }
  return { capture: Boolean(capture), once: Boolean(once) }
}

/** Fires an event of ours; true when a listener threw. */
export function fire(target: IdbEventTarget, event: IdbEvent): boolean {
  stateOf(event).trusted = true
  return dispatch(target, event)
}

function dispatch(target: IdbEventTarget, event: IdbEvent): boolean {
  const state = stateOf(event)
  const path: IdbEventTarget[] = []
  for (let at: IdbEventTarget | null = target; at !== null; at = at[parentOf]) path.push(at)
  Object.assign(state, { dispatching: true, target, path })
  let threw = false
  const call = (at: IdbEventTarget, phase: number, capture: boolean | undefined): void => {
    if (state.stop) return
    state.phase = phase
    threw = invoke(at, event, state, capture) || threw
  }
  for (const at of path.slice(1).toReversed()) call(at, 1, true)
  call(target, 2, true)
  call(target, 2, false)
  if (event.bubbles) for (const at of path.slice(1)) call(at, 3, false)
  Object.assign(state, {
    phase: 0,
    currentTarget: null,
    dispatching: false,
    stop: false,
    stopNow: false,
    path: [],
  })
  return threw
}

function invoke(
  at: IdbEventTarget,
  event: IdbEvent,
  state: EventState,
  capture: boolean | undefined,
): boolean {
  state.currentTarget = at
  let threw = false
  for (const one of listenersOf(at).slice()) {
    if (one.removed || one.type !== event.type || one.capture !== capture) continue
    if (one.once) at.removeEventListener(one.type, one.callback, one.capture)
    try {
      if (typeof one.callback === 'function') one.callback.call(at, event)
      else one.callback.handleEvent(event)
    } catch (error) {
      threw = true
      reporter.report(error)
    }
    if (state.stopNow) break
  }
  return threw
}
