/** Event handlers as attributes: `request.onsuccess = …`. https://html.spec.whatwg.org/#event-handler-idl-attributes */
import { handlersOf, listenersOf } from './dom-event.ts'
import type { IdbEventTarget, Listener } from './dom-event.ts'

/** `onsuccess` and its like: accessors on the prototype, each one listener in the order of its first setting. */
export function defineHandlers(
  target: abstract new (...args: never[]) => IdbEventTarget,
  types: readonly string[],
): void {
  for (const type of types)
    Object.defineProperty(target.prototype, `on${type}`, {
      enumerable: true,
      configurable: true,
      get: accessor(`get on${type}`, function (this: IdbEventTarget) {
        return handlersOf(this).get(type)?.callback ?? null
      }),
      set: accessor(`set on${type}`, function (this: IdbEventTarget, value: unknown) {
        setHandler(
          this,
          type,
          typeof value === 'function' || (typeof value === 'object' && value !== null)
            ? value
            : null,
        )
      }),
    })
}

function setHandler(target: IdbEventTarget, type: string, value: unknown): void {
  const handlers = handlersOf(target)
  const existing = handlers.get(type)
  if (value === null) {
    handlers.delete(type)
    const listeners = listenersOf(target)
    if (existing) {
      existing.removed = true
      listeners.splice(listeners.indexOf(existing), 1)
    }
    return
  }
  const callback = (typeof value === 'function' ? value : () => undefined) as Listener
  if (existing) {
    existing.callback = callback
    return
  }
  const registered = { type, callback, capture: false, once: false, removed: false }
  handlers.set(type, registered)
  listenersOf(target).push(registered)
}

function accessor<F extends object>(name: string, work: F): F {
  return Object.defineProperty(work, 'name', { value: name })
}
