/** Which request code belongs to. */
import { AsyncLocalStorage } from 'node:async_hooks'

const requests = new AsyncLocalStorage<string>()

export function requestId(): string | null {
  return requests.getStore() ?? null
}

export function withRequest<T>(id: string, work: () => T): T {
  return requests.run(id, work)
}
