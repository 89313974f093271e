/** A control database with one project, asked as an owner and as who may only read. */
import { jsonResponse } from '#base/http'
import { neverCancelled, silentLog } from '#base/kernel'
import { checkSchema } from '#host/control-plane/route'
import { createControlApi } from '#host/control-plane/api'
import { openControlDatabase } from '#host/control-plane'
import type { HttpResponse } from '#base/http'
import { createTestDatabase, openSqlDatabase } from '#testing'
import type { SqlDatabase } from '#testing'
import { studioRoutes } from './studio-routes.ts'

export interface StudioFixture {
  readonly sql: SqlDatabase
  /** JSON in and out, as an owner; checked against the route's schema. */
  ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>
  /** As a developer or whoever: a token of that role. */
  askAs<T>(
    role: 'read-only' | 'developer',
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }>
  raw(method: string, path: string, chunks: AsyncIterable<Uint8Array>): Promise<HttpResponse>
  oid(name: string): Promise<number>
  audit(): Promise<string[]>
  close(): Promise<void>
}

export async function openStudioFixture(): Promise<StudioFixture> {
  const controlDatabase = await createTestDatabase('template0')
  const sql = await openSqlDatabase()
  const control = await openControlDatabase({
    url: controlDatabase.url,
    masterKey: new Uint8Array(32),
    log: silentLog,
  })
  const actor = { name: 'cli', address: null }
  await control.projects.create({ ref: 'mine', databaseUrl: sql.url }, actor)
  const tokens = new Map<string, string>()
  for (const role of ['read-only', 'developer'] as const) {
    const email = `${role}@example.com`
    await control.operators.create({ email, role, password: 'correct horse battery' }, actor)
    await control.operators.setMember('mine', email, role, actor)
    const made = await control.sessions.createToken(email, { name: role, expiresMs: null }, actor)
    tokens.set(role, made.token)
  }
  const api = createControlApi({
    parts: control,
    access: {
      handle: () => Promise.resolve(jsonResponse(200, {})),
      stats: () => Promise.resolve({}),
      running: () => null,
      mail: null,
      nodeHealth: () => Promise.resolve({}),
    },
    allowedOrigins: [],
    log: silentLog,
  })
  const requestOf = (method: string, path: string, chunks: AsyncIterable<Uint8Array>) => {
    const [at = '', query = ''] = path.split('?')
    const read = async (): Promise<Uint8Array> => {
      const parts: Uint8Array[] = []
      for await (const chunk of chunks) parts.push(chunk)
      return Buffer.concat(parts)
    }
    return {
      method,
      path: `/admin/v1/projects/mine/${at}`,
      query,
      headers: {},
      remoteAddress: '127.0.0.1',
      cancellation: neverCancelled,
      body: { read, stream: () => chunks },
    }
  }
  const jsonRequest = (method: string, path: string, body: unknown) =>
    requestOf(method, path, chunksOf(body === undefined ? '' : JSON.stringify(body)))
  async function decode<T>(method: string, path: string, answer: HttpResponse) {
    const text = await textOf(answer)
    const parsed = JSON.parse(text === '' ? 'null' : text) as T
    checkAnswer(method, path, answer.status, parsed)
    return { status: answer.status, body: parsed }
  }
  return {
    sql,
    ask: async (method, path, body) =>
      decode(method, path, await api.handleAs(actor, jsonRequest(method, path, body))),
    askAs: async (role, method, path, body) => {
      const headers = { authorization: `Bearer ${tokens.get(role)}` }
      const request = { ...jsonRequest(method, path, body), headers }
      return decode(method, path, await api.handle(request))
    },
    raw: (method, path, chunks) => api.handleAs(actor, requestOf(method, path, chunks)),
    oid: async (name) => {
      const [row] = await sql.rows<{ oid: number }>(`select '${name}'::regclass::oid as oid`)
      return row?.oid as number
    },
    audit: async () => {
      const entries = await control.audit.list({ refs: null })
      return entries.map(({ action, detail }) => `${action} ${JSON.stringify(detail)}`)
    },
    close: async () => {
      await control.close()
      await sql.close()
      await controlDatabase.drop()
    },
  }
}

export async function* chunksOf(...texts: string[]): AsyncIterable<Uint8Array> {
  for (const text of texts) if (text !== '') yield Buffer.from(text)
}

export async function textOf({ body }: HttpResponse): Promise<string> {
  if (body === null) return ''
  if (typeof body === 'string') return body
  if (body instanceof Uint8Array) return Buffer.from(body).toString()
  const parts: Uint8Array[] = []
  if (Array.isArray(body)) parts.push(...body)
  else for await (const chunk of body as AsyncIterable<Uint8Array>) parts.push(chunk)
  return Buffer.concat(parts).toString()
}

function checkAnswer(method: string, path: string, status: number, body: unknown): void {
  if (status >= 300 || status === 204) return
  const at = path.split('?')[0]
  const route = studioRoutes.find(
    (other) =>
      other.method === method &&
      new RegExp(`^/projects/:ref/${other.path.slice(15).replace(/:\w+/g, '[^/]+')}$`).test(
        `/projects/:ref/${at}`,
      ),
  )
  const wrong = route === undefined ? ['no route'] : checkSchema(route.response, body)
  if (wrong.length > 0) throw new Error(`${method} ${path}: ${wrong.join('; ')}`)
}
