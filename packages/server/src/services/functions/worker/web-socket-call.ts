/** A WebSocket of a client, spoken on with the worker: messages both ways, each side as fast as the other reads. */
import type { RawData, WebSocket } from 'ws'
import { webSocketFrame } from '#base/service'
import type { Upgrade, WebSocketConnection } from '#base/service'
import type { Limits } from '#services/functions/core'
import { CallFailure } from '#services/functions/core'
import type { WorkerCall } from './worker-client.ts'

const maxMessageBytes = 5_000_000
/** Waiting for one side: the other is not read meanwhile. */
const maxQueuedBytes = 1024 * 1024
const retryMs = 20
/** Codes an endpoint may send; others say what happened, and are not said. */
const isSendable = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) ||
  (code >= 3000 && code <= 4999)

/** The handshake with the worker first: what it answers is the answer. `onEnd` is called once, when it is over. */
export async function callWebSocket(
  socketPath: string,
  { request, target, headers }: WorkerCall,
  limits: Pick<Limits, 'responseMs' | 'wallMs'>,
  onEnd: () => void,
): Promise<Upgrade> {
  const { WebSocket } = await import('ws')
  const { 'sec-websocket-protocol': protocols, ...rest } = withoutHandshake(headers)
  const offered = protocols?.split(',').map((one) => one.trim()) ?? []
  const worker = new WebSocket(`ws+unix:${socketPath}:${target}`, offered, {
    headers: rest,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
    handshakeTimeout: limits.responseMs,
    finishRequest: (asked) => {
      // Deno reads the list as browsers write it, with spaces
      if (offered.length > 0) asked.setHeader('sec-websocket-protocol', offered.join(', '))
      asked.end()
    },
  })
  const late = setTimeout(() => worker.close(1001, 'Its time is over'), limits.wallMs)
  worker.once('close', () => {
    clearTimeout(late)
    onEnd()
  })
  worker.on('error', () => {})
  const stop = request.cancellation.onCancel(() => worker.terminate())
  try {
    await opened(worker)
  } finally {
    stop()
  }
  return {
    protocol: worker.protocol,
    accept: (connection) => join(connection, worker),
    abandon: () => worker.terminate(),
  }
}

function withoutHandshake(headers: WorkerCall['headers']): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers))
    if (name === 'sec-websocket-protocol' || !/^(sec-websocket-|upgrade$|connection$)/.test(name))
      kept[name] = value
  return kept
}

function opened(worker: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('open', () => {
      // a function greets as it opens: nobody listens before the client's own handshake is done
      worker.pause()
      resolve()
    })
    worker.once('error', reject)
    worker.once('unexpected-response', (asked, response) => {
      asked.destroy()
      const isFault = response.headers['x-basalt-fault'] !== undefined
      reject(
        new CallFailure(
          isFault ? 'fault' : 'no websocket',
          `answered ${response.statusCode} to a WebSocket handshake`,
        ),
      )
    })
  })
}

function join(client: WebSocketConnection, worker: WebSocket): void {
  client.onMessage((message) => {
    worker.send(message, () => {
      if (worker.bufferedAmount <= maxQueuedBytes) client.resume()
    })
    if (worker.bufferedAmount > maxQueuedBytes) client.pause()
  })
  worker.on('message', (data: RawData, isBinary) => {
    const bytes = data as Buffer
    client.write(webSocketFrame(isBinary ? bytes : bytes.toString('utf8')))
    if (client.queuedBytes > maxQueuedBytes) waitFor(client, worker)
  })
  client.onClose(() => worker.close())
  worker.once('close', (code, reason) =>
    client.close(isSendable(code) ? code : 1011, reason.toString('utf8')),
  )
  worker.resume()
}

/** There is no word from a connection that has written: it is looked at. */
function waitFor(client: WebSocketConnection, worker: WebSocket): void {
  if (worker.isPaused) return
  worker.pause()
  const timer = setInterval(() => {
    if (client.queuedBytes > maxQueuedBytes && worker.readyState === worker.OPEN) return
    clearInterval(timer)
    worker.resume()
  }, retryMs)
}
