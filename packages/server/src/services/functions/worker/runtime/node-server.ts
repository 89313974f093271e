/** Express and others listen by `node:http`: the server a function opens so is called, wherever it would have listened. */
import http from 'node:http'
import { withRequest } from './requests.ts'
import { report, setup } from './setup.ts'

type Listen = (this: http.Server, ...given: unknown[]) => http.Server

let isTaken = false

/** A server is to listen: it tells our host when it does. */
export function isNodeServer(): boolean {
  return isTaken
}

/** Resolves when a function has opened one. */
export function captureNodeServer(): Promise<void> {
  const prototype = http.Server.prototype as unknown as { listen: Listen }
  const { listen } = prototype
  return new Promise((resolve) => {
    prototype.listen = function (...given) {
      if (isTaken) throw new Error('A function listens once')
      isTaken = true
      resolve()
      nameRequests(this)
      const told = given.find((one) => typeof one === 'function') as (() => void) | undefined
      return listen.call(this, { path: setup.socket }, () => {
        report({ kind: 'ready' })
        told?.call(this)
      })
    }
  })
}

/** What is logged while a request is answered has its id. */
function nameRequests(server: http.Server): void {
  const emit = server.emit.bind(server) as (name: string, ...values: unknown[]) => boolean
  server.emit = ((name: string, ...values: unknown[]): boolean => {
    if (name !== 'request') return emit(name, ...values)
    const id = (values[0] as http.IncomingMessage).headers['x-request-id']
    return withRequest(typeof id === 'string' ? id : '', () => emit(name, ...values))
  }) as typeof server.emit
}
