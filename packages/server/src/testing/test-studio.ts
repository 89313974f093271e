/** Studio of one project, on a database of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { silentLog } from '#base/kernel'
import type { Clock } from '#base/kernel'
import { freePort, openLocalStudio } from '#host/node'
import type { LocalStudio } from '#host/node'
import { startTestPlatform } from './test-platform.ts'
import type { TestPlatform, TestPlatformOptions } from './test-platform.ts'

export interface TestStudio {
  readonly server: TestPlatform
  readonly studio: LocalStudio
  /** `http://127.0.0.1:…` */
  readonly url: string
  /** Of the built page. */
  readonly folder: string
  readonly operatorToken: string
  /** Holds `supabase/`; made when something is written. */
  readonly workdir: string
  /** As the page sends it; headers given replace its own, null leaves one out. */
  send(method: string, path: string, options?: StudioRequest): Promise<StudioAnswer>
  /** Below `/admin/v1/projects/default`. */
  ask(method: string, path: string, body?: unknown): Promise<StudioAnswer>
  /** As while the database is reset; `resume` ends it. */
  stop(): void
  resume(): void
  close(): Promise<void>
}

export interface StudioRequest {
  readonly headers?: Readonly<Record<string, string | null>>
  /** JSON, or text as it is. */
  readonly body?: unknown
}

export interface StudioAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: never
}

export interface TestStudioOptions extends TestPlatformOptions {
  readonly clock?: Clock
  /** Files of the page by path: `index.html`. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

const page =
  '<!doctype html><html lang="en" data-theme="system"><head><title>Studio</title></head><body></body></html>'

/** Starts it; 0.3 s. */
export async function startTestStudio(options: TestStudioOptions = {}): Promise<TestStudio> {
  const operatorToken = 'sbp_of_the_test'
  const server = await startTestPlatform({ operatorToken, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'basalt-studio-'))
  for (const [path, content] of Object.entries({ 'index.html': page, ...options.files })) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  const workdir = join(folder, 'project')
  const project = {
    platform: server.platform,
    database: { platformUrl: server.databaseUrl, userUrl: server.databaseUrl },
    workdir,
  }
  let isThere = true
  const studio = await openLocalStudio({
    config: defineConfig({ 'studio.port': await freePort(), ...options.config }) satisfies Config,
    log: silentLog,
    folder,
    operatorToken,
    stack: () => (isThere ? project : null),
    mail: () => server.inbox,
    onWarning: () => {},
    onLink: () => {},
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  })
  const url = `http://127.0.0.1:${studio.page.port}`
  const send: TestStudio['send'] = (method, path, given = {}) => sendTo(url, method, path, given)
  return {
    server,
    studio,
    url,
    folder,
    operatorToken,
    workdir,
    send,
    ask: (method, path, body) =>
      send(method, `/admin/v1/projects/default${path}`, body === undefined ? {} : { body }),
    stop: () => {
      isThere = false
    },
    resume: () => {
      isThere = true
    },
    close: async () => {
      await studio.page.close(1_000)
      await studio.release()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** As Studio's page sends it. */
export function sendTo(
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: StudioRequest,
): Promise<StudioAnswer> {
  const sentBody = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const own: Record<string, string | null> = {
    'sec-fetch-site': 'same-origin',
    ...(method === 'GET' ? {} : { origin: url, 'x-basalt-studio': '1' }),
    ...(sentBody === undefined
      ? {}
      : {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(sentBody)),
        }),
    ...headers,
  }
  const sent = Object.entries(own).filter((entry): entry is [string, string] => entry[1] !== null)
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    const asked = request({ hostname, port, path, method, headers: Object.fromEntries(sent) })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          get json() {
            return JSON.parse(text) as never
          },
        })
      })
    })
    asked.end(sentBody)
  })
}
