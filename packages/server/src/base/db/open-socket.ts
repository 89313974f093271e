/** Opens the byte stream to a backend: Unix socket, TCP, or TLS negotiated over TCP. */
import { connect as connectTcp } from 'node:net'
import type { OnReadOpts, Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import type { ConnectionOptions } from './connection-options.ts'
import { describeAddress, socketPath } from './connection-options.ts'
import { ConnectionError } from './errors.ts'
import { FrontendMessages } from './frontend-messages.ts'

/** What Postgres sends at once: 8 kB; of a long result several of them may wait. */
const readBytes = 64 * 1024

/**
 * `receive` gets each chunk, whose memory is used again when it returns: a stream would allocate 64 kB for each 8 kB of
 * Postgres (12 % of a request's CPU time).
 * @throws ConnectionError that names the address and the cause.
 */
export async function openSocket(
  options: ConnectionOptions,
  receive: (chunk: Buffer) => void,
): Promise<Socket> {
  const overSocketFile = options.host.startsWith('/')
  const plain = overSocketFile || options.sslMode === 'disable'
  const socket = connectTcp({
    ...(overSocketFile
      ? { path: socketPath(options) }
      : { host: options.host, port: options.port, noDelay: true, keepAlive: true }),
    ...(plain ? { onread: readInto(Buffer.allocUnsafeSlow(readBytes), receive) } : {}),
  })
  try {
    await onceOpen(socket, 'connect', options)
    if (plain) return socket
    const negotiated = await negotiateTls(socket, options)
    return negotiated.on('data', receive)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function readInto(buffer: Buffer, receive: (chunk: Buffer) => void): OnReadOpts {
  return {
    buffer,
    callback: (length) => {
      receive(buffer.subarray(0, length))
      return true
    },
  }
}

/** Opens a second stream and asks the backend to cancel what `processId` runs. Errors are of no consequence. */
export async function sendCancel(
  options: ConnectionOptions,
  processId: number,
  secretKey: number,
): Promise<void> {
  try {
    const socket = await openSocket(options, () => {})
    const messages = new FrontendMessages()
    messages.cancelRequest(processId, secretKey)
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.once('error', () => resolve())
      socket.setTimeout(options.connectTimeoutMs, () => socket.destroy())
      socket.resume()
      // not ended: pgbouncer takes back the request of a client that is gone, and 1.18 crashes over it
      socket.write(messages.take())
    })
  } catch {
    // The statement then ends by its own timeout.
  }
}

async function negotiateTls(socket: Socket, options: ConnectionOptions): Promise<Socket> {
  const messages = new FrontendMessages()
  messages.sslRequest()
  socket.write(messages.take())
  const answer = await readByte(socket, options)
  if (answer !== 'S') {
    if (options.sslMode === 'prefer') return socket
    throw new ConnectionError(
      'connect',
      `${describeAddress(options)} does not offer TLS, but sslmode=${options.sslMode} asks for it`,
    )
  }
  const verify = options.sslMode === 'verify-ca' || options.sslMode === 'verify-full'
  const secure = connectTls({
    socket,
    servername: /^[\d.:]+$/.test(options.host) ? '' : options.host,
    rejectUnauthorized: verify,
    ...(options.sslRootCert === undefined ? {} : { ca: options.sslRootCert }),
    ...(options.sslCert === undefined ? {} : { cert: options.sslCert }),
    ...(options.sslKey === undefined ? {} : { key: options.sslKey }),
    ...(options.sslPassword === undefined ? {} : { passphrase: options.sslPassword }),
    checkServerIdentity: (_, certificate) =>
      options.sslMode === 'verify-full'
        ? checkServerIdentity(options.host, certificate)
        : undefined,
  })
  await onceOpen(secure, 'secureConnect', options)
  return secure
}

function onceOpen(socket: Socket, event: string, options: ConnectionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => {
      stop()
      reject(
        new ConnectionError(
          'connect',
          `Cannot connect to Postgres at ${describeAddress(options)}: ${cause.message}`,
          cause,
        ),
      )
    }
    const timer = setTimeout(
      () => fail(new Error(`no answer within ${options.connectTimeoutMs} ms`)),
      options.connectTimeoutMs,
    )
    const succeed = (): void => {
      stop()
      resolve()
    }
    const closed = (): void => fail(new Error('the server closed the connection'))
    const stop = (): void => {
      clearTimeout(timer)
      socket.off('error', fail).off('close', closed).off(event, succeed)
    }
    socket.once('error', fail).once('close', closed).once(event, succeed)
  })
}

function readByte(socket: Socket, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    const opened = onceOpen(socket, 'data', options)
    socket.once('data', (chunk: Buffer) => {
      // Anything behind the one byte would have been sent in the clear by someone in between (CVE-2021-23222).
      if (chunk.length > 1)
        reject(new ConnectionError('connect', 'Unencrypted data after the TLS answer'))
      socket.pause()
      resolve(chunk.toString('latin1'))
    })
    opened.catch(reject)
  })
}
