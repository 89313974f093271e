/** The data API on a database of its own, called as the gateway calls it, connected as a role that may only become API roles. For tests. */
import { randomBytes } from 'node:crypto'
import { createTestDatabase } from '@basalt/server/testing'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import { bytesBody, concatBytes, withErrorBoundary } from '#base/http'
import type { HttpResponse } from '#base/http'
import { neverCancelled, silentLog, systemClock, systemRandom } from '#base/kernel'
import type { JsonObject, Log } from '#base/kernel'
import type { Authentication, Project, Service } from '#base/service'
import { createVerifier, defaultKeys } from '#base/token'
import type { DataApiOptions } from './options.ts'
import { createDataApi } from './service.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[]>>
  readonly text: string
  /** Parsed JSON, or undefined for a text that is none. */
  readonly json: unknown
}

export interface CallOptions {
  /** Sent as JSON. */
  readonly json?: unknown
  /** Sent as it is. */
  readonly raw?: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** Claims of the caller; without them the caller is anonymous. */
  readonly as?: JsonObject
  readonly authentication?: Authentication
}

export interface DataApiFixture {
  /** `await call('GET', '/todos?select=id', { as: { role: 'authenticated', sub: '…' } })` */
  call(method: string, target: string, options?: CallOptions): Promise<Answer>
  /** Statements run as the superuser. */
  script(text: string): Promise<void>
  readonly logged: { readonly level: string; readonly message: string }[]
  close(): Promise<void>
}

export interface OpenOptions {
  readonly config?: Partial<Config>
  readonly api?: Partial<DataApiOptions>
  /** Run as the superuser before the API opens. */
  readonly schema?: string
  /** Of callers; default 8. */
  readonly maxConnections?: number
}

export async function openDataApi(options: OpenOptions = {}): Promise<DataApiFixture> {
  const database = await createTestDatabase()
  const connection = parseConnectionUrl(database.url)
  const db = openDatabase({ connection, maxConnections: 2 })
  const script = (text: string): Promise<void> =>
    db.begin(ownSession, (transaction) => transaction.script('test.script', text))
  const user = `api_${randomBytes(6).toString('hex')}`
  const password = randomBytes(12).toString('hex')
  await script(`create role ${user} login noinherit password '${password}';
    grant anon, authenticated, service_role to ${user}`)
  if (options.schema !== undefined) await script(options.schema)
  const { maxConnections = 8 } = options
  const apiDb = openDatabase({ connection: { ...connection, user, password }, maxConnections })
  const logged: { level: string; message: string }[] = []
  const keys = defaultKeys()
  const project: Project = {
    ref: 'test',
    config: defineConfig(options.config ?? {}),
    keys,
    verifier: createVerifier({ jwtSecret: keys.jwtSecret, clock: systemClock }),
    db,
    apiDb,
    log: recordingLog(logged),
    clock: systemClock,
    random: systemRandom,
    externalUrl: 'http://127.0.0.1:54321',
  }
  const service = await createDataApi(options.api).open(project)
  return {
    call: (method, target, sent = {}) => call(service, project, method, target, sent),
    script,
    logged,
    close: async () => {
      await service.close()
      await apiDb.close()
      await db.close()
      await database.drop()
    },
  }
}

async function call(
  service: Service,
  project: Project,
  method: string,
  target: string,
  options: CallOptions,
): Promise<Answer> {
  const [path = '', query = ''] = target.split(/\?(.*)/s)
  const raw = options.raw ?? (options.json === undefined ? '' : JSON.stringify(options.json))
  const request = {
    method,
    path,
    query,
    headers: { 'user-agent': 'tests', ...options.headers },
    remoteAddress: '127.0.0.1',
    cancellation: neverCancelled,
    body: bytesBody(Buffer.from(raw)),
  }
  const scope = {
    project,
    authentication: options.authentication ?? authenticate(options.as),
    requestId: 'test',
    log: silentLog,
    cancellation: neverCancelled,
    deadlineMs: Date.now() + 10_000,
  }
  const formatError = service.formatError.bind(service)
  const response = await withErrorBoundary(request, project.log, formatError, () =>
    service.handle(scope, request),
  )
  return readAnswer(response)
}

function authenticate(claims: JsonObject = { role: 'anon' }): Authentication {
  const role = typeof claims['role'] === 'string' ? claims['role'] : 'anon'
  return { ok: true, token: null, caller: { role, claims, claimsJson: JSON.stringify(claims) } }
}

function readAnswer({ status, headers, body }: HttpResponse): Answer {
  const text = textOf(body)
  return { status, headers, text, json: parse(text) }
}

function textOf(body: HttpResponse['body']): string {
  if (body === null) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  if (!Array.isArray(body)) throw new Error('the data API does not stream yet')
  const parts = body as readonly Uint8Array[]
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return Buffer.from(concatBytes(parts, length)).toString()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function recordingLog(lines: { level: string; message: string }[]): Log {
  const at =
    (level: string) =>
    (message: string): void =>
      void lines.push({ level, message })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
