/** Whether a restored database lets users sign in: Auth is opened on it and asked. */
import { randomBytes } from 'node:crypto'
import type { Config } from '#base/config'
import type { ConnectionOptions } from '#base/db'
import { silentLog } from '#base/kernel'
import { BackupError } from '#host/backup'
import { createPlatform } from '#host/platform'
import type { Platform } from '#host/platform'

export interface SignInOptions {
  readonly config: Config
  readonly connection: ConnectionOptions
  /**
   * A user is made, signed in and removed again; otherwise, in a database that is kept, nothing is written: an unknown user
   * is refused as Auth refuses one.
   */
  readonly writes: boolean
}

/** False where Auth is turned off. @throws BackupError `check` */
export async function checkSignIn(options: SignInOptions): Promise<boolean> {
  const { config, connection, writes } = options
  if (!config['auth.enabled']) return false
  const platform = createPlatform({
    config: {
      ...config,
      'api.external_url': 'http://127.0.0.1',
      'realtime.enabled': false,
      'storage.enabled': false,
      'edge_runtime.enabled': false,
      'basalt.redis_url': null,
      'basalt.db.replicas': {},
      'basalt.db.direct_url': null,
    },
    databaseUrl: urlOf(connection),
    runsJobs: false,
    log: silentLog,
  })
  try {
    await platform.start()
    await (writes ? signIn(platform) : refuse(platform))
    return true
  } catch (error) {
    if (error instanceof BackupError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new BackupError('check', `Nobody can sign in to what was restored: ${why}`, error)
  } finally {
    await platform.close()
  }
}

function urlOf({ user, host, port, database, settings }: ConnectionOptions): string {
  const url = new URL(`postgres://127.0.0.1:${port}/${encodeURIComponent(database)}`)
  url.username = user
  url.password = 'unused'
  url.searchParams.set('host', host)
  const sets = Object.entries(settings)
    .filter(([name]) => name !== 'search_path')
    .map(([name, value]) => `-c ${name}=${value}`)
  url.searchParams.set('options', sets.join(' '))
  return url.href
}

async function signIn(platform: Platform): Promise<void> {
  const email = `backup-${randomBytes(8).toString('hex')}@basalt.invalid`
  const password = `Aa1!${randomBytes(12).toString('hex')}`
  const admin = await send(platform, 'admin/users', { email, password, email_confirm: true })
  if (admin.status !== 200) throw failed('a user cannot be made', admin)
  const session = await send(platform, 'token?grant_type=password', { email, password })
  if (typeof session.body['access_token'] !== 'string') throw failed('a user was refused', session)
  await send(platform, `admin/users/${String(admin.body['id'])}`, null)
}

async function refuse(platform: Platform): Promise<void> {
  const email = `backup-${randomBytes(8).toString('hex')}@basalt.invalid`
  const answer = await send(platform, 'token?grant_type=password', { email, password: 'none' })
  if (answer.status !== 400) throw failed('Auth does not answer as it should', answer)
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** POST, or DELETE without a body. */
async function send(platform: Platform, path: string, body: object | null): Promise<Answer> {
  const key = platform.keys.serviceRoleKey
  const response = await platform.fetch(`http://127.0.0.1/auth/v1/${path}`, {
    method: body === null ? 'DELETE' : 'POST',
    headers: {
      apikey: key,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    },
    ...(body === null ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: response.status, body: parsed as Answer['body'] }
}

function failed(what: string, { status, body }: Answer): BackupError {
  const said = JSON.stringify(body).slice(0, 200)
  return new BackupError(
    'check',
    `Nobody can sign in to what was restored: ${what} (${status} ${said}).`,
  )
}
