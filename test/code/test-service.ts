/** The whole of it for tests: a Basalt platform, a git server, the API and a worker in this process. */
import { createHmac, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@supabase/supabase-js'
import type { SupabaseClient } from '@supabase/supabase-js'
import { migrateCode, readConfig, startCode } from '@basalt/code'
import type { CodeConfig, RunningCode } from '@basalt/code'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform, TestPlatformOptions } from '@basalt/server/testing'
import WebSocket from 'ws'
import { openAnswerCheck } from './check-answer.ts'
import { startGitServer } from './git-server.mjs'

export interface TestUser {
  readonly client: SupabaseClient
  readonly id: string
  readonly token: string
  readonly key: string
  readonly keyId: string
}

/** What answers have in them, by what was asked. */
export interface Body {
  readonly id: string
  readonly key: string
  readonly status: string
  readonly error_type: string
  readonly error_message: string | null
  readonly job_id: string
  readonly webhook_secret: string
  readonly symbols: readonly { readonly id: string; readonly name: string }[]
  readonly matches: readonly object[]
  readonly callers: readonly object[]
  readonly references: readonly object[]
  readonly documents: readonly object[]
  readonly files: readonly { readonly id: string; readonly path: string }[]
  readonly next_cursor: string | null
  readonly indexing_job_events: readonly {
    readonly event_type: string
    readonly context: Readonly<Record<string, unknown>>
  }[]
}

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: Body
}

export interface TestService {
  readonly platform: TestPlatform
  readonly git: Awaited<ReturnType<typeof startGitServer>>
  readonly config: CodeConfig
  readonly running: RunningCode
  readonly url: string
  ask(
    path: string,
    key: string | null,
    options?: { method?: string; body?: unknown },
  ): Promise<Asked>
  deliver(
    repository: { id: string; webhook_secret: string },
    event: string,
    payload: unknown,
    id?: string,
  ): Promise<Asked>
  signUp(name: string, key?: object): Promise<TestUser>
  close(): Promise<void>
}

export interface TestServiceOptions {
  readonly environment?: Record<string, string>
  readonly works?: boolean
  readonly platform?: TestPlatformOptions
  /** Of database and project, as the service is told them: with something in between. */
  readonly urlOf?: (url: string) => Promise<string>
}

export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const platform = await startTestPlatform(options.platform)
  const git = await startGitServer()
  const dataDir = mkdtempSync(join(tmpdir(), 'basalt-code-'))
  const { keys } = platform.platform
  const urlOf = options.urlOf ?? ((url) => Promise.resolve(url))
  const environment: Record<string, string> = {
    DATABASE_URL: await urlOf(platform.databaseUrl),
    DATABASE_POOL_SIZE: '5',
    SUPABASE_URL: await urlOf(platform.url),
    SUPABASE_ANON_KEY: keys.anonKey,
    SUPABASE_SERVICE_KEY: keys.serviceRoleKey,
    CODE_PORT: '0',
    CODE_DATA_DIR: dataDir,
    CODE_ALLOWED_HOSTS: git.host,
    CODE_POLL_SECONDS: '1',
    ...options.environment,
  }
  const config = readConfig((name) => environment[name] ?? null)
  const log = (): void => {}
  await migrateCode(config, log)
  const running = await startCode({ config, log, serves: true, works: options.works !== false })
  const url = running.url ?? ''
  const check = running.url === null ? null : await openAnswerCheck(url)
  const ask: TestService['ask'] = async (path, key, { method = 'GET', body } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const answer = JSON.parse(text === '' ? '{}' : text) as Body
    check?.(method, path, response.status, answer)
    return { status: response.status, headers: response.headers, body: answer }
  }
  return {
    platform,
    git,
    config,
    running,
    url,
    ask,
    deliver: async (repository, event, payload, id = randomUUID()) => {
      const answer = await deliver(url, repository, event, payload, id)
      check?.('POST', `/webhooks/github/${repository.id}`, answer.status, answer.body)
      return answer
    },
    signUp: (name, key) => signUp(platform, ask, name, key),
    close: async () => {
      await running.close()
      await git.close()
      await platform.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function deliver(
  url: string,
  repository: { id: string; webhook_secret: string },
  event: string,
  payload: unknown,
  id: string,
): Promise<Asked> {
  const body = JSON.stringify(payload)
  const signature = createHmac('sha256', repository.webhook_secret).update(body).digest('hex')
  const response = await fetch(`${url}/webhooks/github/${repository.id}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${signature}`,
    },
    body,
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Body,
  }
}

async function signUp(
  { platform, url }: TestPlatform,
  ask: TestService['ask'],
  name: string,
  asked: object = {},
): Promise<TestUser> {
  const client = createClient(url, platform.keys.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: WebSocket as never },
  })
  const { data, error } = await client.auth.signUp({
    email: `${name}-${randomUUID()}@example.com`,
    password: 'correct horse battery',
  })
  if (error !== null || data.session === null || data.user === null)
    throw new Error(`${name} could not sign up`, { cause: error })
  const token = data.session.access_token
  const made = await ask('/api/v1/keys', token, {
    method: 'POST',
    body: { name: 'test', permissions: { read: true, write: true }, rate_limit: 1_000, ...asked },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return { client, id: data.user.id, token, key: made.body.key, keyId: made.body.id }
}
