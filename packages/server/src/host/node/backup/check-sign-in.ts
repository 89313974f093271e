/** Whether a restored database lets users sign in: Auth is opened on it and asked. */
import { randomBytes } from 'node:crypto'
import type { Config } from '#base/config'
import { openSession } from '#base/db'
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
   * is refused as Auth refuses one, and users can be listed.
   */
  readonly writes: boolean
}

/** What a sign-in may need besides the database. */
const alone: Partial<Config> = {
  'auth.hook': {},
  'auth.captcha.enabled': false,
  'auth.email.enable_signup': true,
  'basalt.auth.leaked_passwords': false,
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
      ...alone,
    },
    databaseUrl: urlOf(connection),
    runsJobs: false,
    // providers, hooks and captchas are asked by the project alone, not by a copy of it
    fetch: () => Promise.reject(new Error('a copy asks nobody')),
    log: silentLog,
  })
  try {
    if (writes) await forgetSettings(connection)
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

/** Those that were set at run time, and would go before ours. */
async function forgetSettings(connection: ConnectionOptions): Promise<void> {
  const session = await openSession(connection)
  try {
    await session.script(
      'backup.forgetSettings',
      `do $$ begin
        if pg_catalog.to_regclass('basalt.project_config') is not null then
          delete from basalt.project_config;
        end if;
      end $$`,
    )
  } finally {
    session.close()
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
  const users = await send(platform, 'admin/users?per_page=1', undefined)
  if (users.status !== 200) throw failed('users cannot be listed', users)
  const email = `backup-${randomBytes(8).toString('hex')}@basalt.invalid`
  const answer = await send(platform, 'token?grant_type=password', { email, password: 'none' })
  if (answer.status < 400 || answer.status >= 500)
    throw failed('Auth does not refuse who is unknown', answer)
}

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** POST, DELETE for null, GET for undefined. */
async function send(
  platform: Platform,
  path: string,
  body: object | null | undefined,
): Promise<Answer> {
  const key = platform.keys.serviceRoleKey
  const response = await platform.fetch(`http://127.0.0.1/auth/v1/${path}`, {
    method: body === undefined ? 'GET' : body === null ? 'DELETE' : 'POST',
    headers: {
      apikey: key,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    },
    ...(body == null ? {} : { body: JSON.stringify(body) }),
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
