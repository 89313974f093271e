/** A platform on a database of its own, reached in process and over a socket. */
import type { Bus } from '#base/bus'
import { defineConfig } from '#base/config'
import type { Config } from '#base/config'
import { discardAddress, openInbox } from '#services/inbox'
import type { Inbox } from '#services/inbox'
import type { BlobStore } from '#base/blob'
import type { HttpRequest, HttpResponse } from '#base/http'
import type { FunctionsRuntime } from '#services/functions'
import type { Log, LogFields } from '#base/kernel'
import type { Upgrade } from '#base/service'
import { openObserver } from '#host/observe'
import { compressionOf, discardFunctions, openFunctions, serve } from '#host/node'
import type { Listening } from '#host/node'
import { createPlatform } from '#host/platform'
import type { Jwk, Platform } from '#host/platform'
import { decodeRows, openDatabase, ownSession, parseConnectionUrl } from '#base/db'
import type { Pgbouncer } from './pgbouncer.ts'
import { poolerOf, preparing, urlBehind } from './test-pooler.ts'
import { createTestDatabase } from './test-database.ts'
import type { TestDatabase } from './test-database.ts'
import { unlimited } from './unlimited.ts'

export interface TestPlatform {
  readonly platform: Platform
  readonly databaseUrl: string
  /** Where it listens on 127.0.0.1. */
  readonly url: string
  /** Where the mails it sends are read, with Mailpit's API; null unless `inbox` was asked for. */
  readonly inboxUrl: string | null
  /** The same inside the process. */
  readonly inbox: ((request: HttpRequest) => Promise<HttpResponse>) | null
  /** What was logged so far. */
  readonly logged: readonly LogLine[]
  /** SQL as the superuser, several statements. */
  script(text: string): Promise<void>
  /** The number `n` that a query as the superuser answers. */
  count(query: string): Promise<number>
  close(): Promise<void>
}

export interface LogLine extends LogFields {
  readonly level: string
  readonly message: string
}

export interface TestPlatformOptions {
  /** Over the defaults, rate limits out of the way. */
  readonly config?: Partial<Config>
  readonly signingKeys?: readonly Jwk[]
  /** SQL run as the superuser before the platform starts. */
  readonly schema?: string
  /** Catches the mails it sends. */
  readonly inbox?: boolean
  /** How Auth's providers are reached. */
  readonly fetch?: typeof fetch
  /** A pooler in front of the database. Default: that of `BASALT_TEST_POOLER`, or none. */
  readonly pooler?: Pgbouncer
  /** A node beside another one, on its database, which stays. */
  readonly databaseUrl?: string
  /** In place of Deno on this machine. */
  readonly functions?: FunctionsRuntime
  /** Opens `/admin/v1` and `/v1`. */
  readonly operatorToken?: string
  /** To the other nodes. */
  readonly bus?: Bus
  /** Where Storage keeps bytes; default in memory. */
  readonly blobs?: BlobStore
  /** Holds `supabase/functions`. */
  readonly workdir?: string
}

/** Starts it; 0.2 s. */
export async function startTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const database = await databaseOf(options)
  const script = (text: string): Promise<void> => runScript(database.url, text)
  if (options.schema !== undefined) await script(options.schema)
  const logged: LogLine[] = []
  const pooler = options.pooler ?? (await poolerOf(database.url))
  const config = defineConfig({
    ...unlimited,
    ...(pooler === null ? {} : { 'basalt.db.direct_url': database.url, ...preparing }),
    ...options.config,
  })
  const inbox = options.inbox === true ? await openInbox({ host: '127.0.0.1', smtpPort: 0 }) : null
  const observer = await openObserver(config, recordingLog(logged))
  const platform: Platform = createPlatform({
    config,
    observer,
    signingKeys: options.signingKeys ?? [],
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
    ...(options.blobs === undefined ? {} : { blobs: options.blobs }),
    ...(options.bus === undefined ? {} : { bus: options.bus }),
    ...(options.functions === undefined ? {} : { functions: options.functions }),
    ...(options.operatorToken === undefined ? {} : { operatorToken: options.operatorToken }),
    databaseUrl: pooler === null ? database.url : urlBehind(pooler, database.url),
    log: recordingLog(logged),
    ...(options.workdir === undefined
      ? {}
      : {
          functions: openFunctions({
            workdir: options.workdir,
            config,
            log: recordingLog(logged),
            databaseUrl: database.url,
            platform: () => platform,
          }),
        }),
    mail: {
      inbox: inbox === null ? null : { host: '127.0.0.1', port: inbox.smtpPort, discardAddress },
      workdir: '.',
    },
  })
  await platform.start()
  const listen = (
    handle: (request: HttpRequest) => Promise<HttpResponse>,
    upgrade?: (request: HttpRequest) => Promise<Upgrade>,
  ): Promise<Listening> => listenLocally(config, logged, handle, upgrade)
  const listening = await listen(
    (request) => platform.handle(request),
    (request) => platform.upgrade(request),
  )
  const mailPage = inbox === null ? null : await listen((request) => inbox.handle(request))
  return {
    platform,
    databaseUrl: database.url,
    url: `http://127.0.0.1:${listening.port}`,
    inbox: inbox === null ? null : (request) => inbox.handle(request),
    inboxUrl: mailPage === null ? null : `http://127.0.0.1:${mailPage.port}`,
    logged,
    script,
    count: (query) => readCount(database.url, query),
    close: async () => {
      await listening.close(1_000)
      await platform.close()
      if (options.workdir !== undefined) await discardFunctions(options.workdir)
      await closeInbox(inbox, mailPage)
      await database.drop()
    },
  }
}

function databaseOf({ databaseUrl: url }: TestPlatformOptions): Promise<TestDatabase> {
  return url === undefined
    ? createTestDatabase()
    : Promise.resolve({ url, drop: () => Promise.resolve() })
}

function listenLocally(
  config: Config,
  logged: LogLine[],
  handle: (request: HttpRequest) => Promise<HttpResponse>,
  upgrade?: (request: HttpRequest) => Promise<Upgrade>,
): Promise<Listening> {
  return serve({
    host: '127.0.0.1',
    port: 0,
    purpose: 'a test',
    portOption: 'api.port',
    handle,
    ...(upgrade === undefined ? {} : { upgrade }),
    log: recordingLog(logged),
    compression: compressionOf(config),
    maxHeaderBytes: config['basalt.max_header_size'],
    headerTimeoutMs: config['basalt.header_timeout'],
    requestTimeoutMs: config['basalt.request_timeout'],
    keepAliveTimeoutMs: config['basalt.keep_alive_timeout'],
  })
}

async function closeInbox(inbox: Inbox | null, page: Listening | null): Promise<void> {
  await page?.close(1_000)
  await inbox?.close()
}

function recordingLog(lines: LogLine[]): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void =>
      void lines.push({ level, message, ...fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

async function runScript(url: string, text: string): Promise<void> {
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  try {
    await db.begin(ownSession, (transaction) => transaction.script('test.script', text))
  } finally {
    await db.close()
  }
}

async function readCount(url: string, query: string): Promise<number> {
  const db = openDatabase({ connection: parseConnectionUrl(url), maxConnections: 1 })
  try {
    const result = await db.execute({ name: 'test.count', text: query, values: [] })
    return decodeRows<{ n: number }>(result)[0]?.n ?? 0
  } finally {
    await db.close()
  }
}
