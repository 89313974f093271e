import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { openCuttable } from '#testing'
import { cli, openControlFixture } from './control-database.fixture.ts'
import type { ControlFixture } from './control-database.fixture.ts'
import type { ControlDatabase } from './open-control-database.ts'

let fixture: ControlFixture
let control: ControlDatabase

beforeAll(async () => {
  fixture = await openControlFixture()
  control = await fixture.open()
})
afterAll(() => fixture.close())

const claimsOf = (token: string): unknown =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** A project of its own for one test. */
async function project(ref: string): Promise<string> {
  const databaseUrl = await fixture.database()
  await control.projects.create({ ref, databaseUrl }, cli)
  return databaseUrl
}

test('a project is found as it was made, and nothing of its secrets lies open', async () => {
  const databaseUrl = await fixture.database('template0')
  const config = { auth: { site_url: 'https://first.example', jwt_expiry: 600 } }
  await control.projects.create({ ref: 'first', name: 'The first', databaseUrl, config }, cli)
  const record = await control.directory.find('first')
  expect(record).toMatchObject({
    ref: 'first',
    name: 'The first',
    status: 'active',
    databaseUrl,
    config,
    keptOpen: false,
  })
  const keys = record?.keys
  expect(claimsOf(keys?.anonKey ?? '')).toMatchObject({
    iss: 'supabase',
    ref: 'first',
    role: 'anon',
  })
  const service = claimsOf(keys?.serviceRoleKey ?? '') as { iat: number; exp: number; role: string }
  expect(service.role).toBe('service_role')
  expect(service.exp - service.iat).toBe(315_360_000)
  expect(keys?.publishableKey).toMatch(/^sb_publishable_/)
  expect(keys?.secretKey).toMatch(/^sb_secret_/)
  expect(keys?.jwtSecret).toHaveLength(64)
  const everything = await fixture.rows<{ text: string }>(`
    select projects::text || data_keys::text as text
    from basalt_control.projects join basalt_control.data_keys using (ref)
    union all select audit_log::text from basalt_control.audit_log`)
  const stored = everything.map(({ text }) => text).join()
  expect(stored).toContain('The first')
  const secrets = Object.values(keys ?? {}).filter((value) => typeof value === 'string')
  expect(secrets).toHaveLength(6)
  for (const secret of [databaseUrl, 'first.example', ...secrets])
    expect(stored).not.toContain(secret)
  // the service schemas are there
  const tables = `select count(*)::int as count from pg_tables where schemaname in ('auth', 'storage')`
  const [found] = await fixture.rows<{ count: number }>(tables, databaseUrl)
  expect(found?.count).toBeGreaterThan(20)
  // and no event trigger of the project's runs when a superuser logs in
  const triggers = `select current_setting('event_triggers') as value`
  expect(await fixture.rows(triggers, databaseUrl)).toEqual([{ value: 'off' }])
})

test('a ref that is none, reserved or taken is refused', async () => {
  const databaseUrl = await fixture.database()
  const create = (ref: string) => control.projects.create({ ref, databaseUrl }, cli)
  for (const ref of ['A', 'a', '-a', 'a-', 'a.b', 'a_b', 'xn--a', 'a'.repeat(41), "a'b", ''])
    await expect(create(ref)).rejects.toMatchObject({ code: 'control_ref_invalid' })
  for (const ref of ['www', 'api', 'admin', 'studio'])
    await expect(create(ref)).rejects.toMatchObject({ code: 'control_ref_reserved' })
  await create('taken')
  await expect(
    control.projects.create({ ref: 'taken', databaseUrl: await fixture.database() }, cli),
  ).rejects.toMatchObject({ code: 'control_ref_taken' })
  await expect(
    control.projects.create({ ref: 'named', name: ' ', databaseUrl }, cli),
  ).rejects.toMatchObject({ code: 'control_name_invalid' })
  expect(await control.directory.find("taken' or true --")).toBeNull()
})

test('a database is one project’s, and never the fleet’s own', async () => {
  const databaseUrl = await project('owner')
  const create = (url: string) => control.projects.create({ ref: 'second', databaseUrl: url }, cli)
  // by another name of the same host
  const other = new URL(databaseUrl)
  other.hostname = 'localhost'
  await expect(create(other.href)).rejects.toMatchObject({ code: 'control_database_taken' })
  await expect(create(fixture.url)).rejects.toMatchObject({ code: 'control_database_taken' })
  await project('mover')
  await expect(control.projects.update('mover', { databaseUrl }, cli)).rejects.toMatchObject({
    code: 'control_database_taken',
  })
  expect(await control.directory.find('second')).toBeNull()
})

test('everything a database lacks is said at once, and nothing is stored', async () => {
  const url = await fixture.database('template0')
  await fixture.rows(`create role control_poor login password 'poor'`)
  const poor = new URL(url)
  poor.username = 'control_poor'
  poor.password = 'poor'
  try {
    const failure = await control.projects
      .create({ ref: 'unfit', databaseUrl: poor.href }, cli)
      .catch((error: unknown) => error as Error & { code: string })
    expect(failure).toMatchObject({ code: 'control_database_unfit' })
    const { message } = failure as Error
    expect(message).toContain('may not create schemas in database')
    expect(message).toContain('may not create tables in schema "public"')
    expect(message).not.toContain('poor@')
  } finally {
    await fixture.rows(`drop role control_poor`)
  }
  const missing = new URL(url)
  missing.pathname = '/nowhere'
  for (const [given, code] of [
    [missing.href, 'control_database_unreachable'],
    ['http://localhost', 'control_database_url_invalid'],
    [`${url}?sslrootcert=/etc/passwd`, 'control_database_url_invalid'],
  ])
    await expect(
      control.projects.create({ ref: 'unfit', databaseUrl: given ?? '' }, cli),
    ).rejects.toMatchObject({ code })
  expect(await control.directory.find('unfit')).toBeNull()
})

test('each change counts up, is told to other nodes within a second, and is in the audit log', async () => {
  const other = await fixture.open()
  const told: (string | null)[] = []
  other.directory.onChange((ref) => told.push(ref))
  await project('changing')
  const statusAfter = async (step: () => Promise<unknown>): Promise<string | undefined> => {
    const before = (await other.directory.find('changing'))?.version ?? 0
    told.length = 0
    await step()
    await vi.waitFor(() => expect(told).toContain('changing'), { timeout: 1_000 })
    const after = await other.directory.find('changing')
    expect(after?.version).toBeGreaterThan(before)
    return after?.status
  }
  const { projects } = control
  expect(await statusAfter(() => projects.pause('changing', cli))).toBe('paused')
  expect(await statusAfter(() => projects.remove('changing', cli))).toBe('deleted')
  await expect(projects.resume('changing', cli)).rejects.toMatchObject({
    code: 'control_project_deleted',
  })
  // as it was
  expect(await statusAfter(() => projects.restore('changing', cli))).toBe('paused')
  expect(await statusAfter(() => projects.resume('changing', cli))).toBe('active')
  await statusAfter(() => projects.update('changing', { name: 'Changed' }, cli))
  await statusAfter(() => other.directory.setKeptOpen('changing', true))
  expect(await control.directory.keptOpen()).toEqual(['changing'])
  const { version } = (await control.directory.find('changing')) ?? {}
  await other.directory.setKeptOpen('changing', true)
  await projects.resume('changing', cli)
  expect((await control.directory.find('changing'))?.version).toBe(version)
  const audit = await control.audit.list({ refs: ['changing'] })
  expect(audit.map(({ action }) => action)).toEqual(
    ['update', 'resume', 'restore', 'delete', 'pause', 'create'].map((name) => `project.${name}`),
  )
  expect(audit[0]).toMatchObject({ actor: 'cli', address: null, detail: { name: 'Changed' } })
})

test('a purge wants a deleted project and its ref once more, and takes its slot along', async () => {
  const databaseUrl = await project('ending')
  const [slot] = await fixture.rows<{ name: string }>(
    `select 'basalt_realtime_' || oid as name from pg_database where datname = current_database()`,
    databaseUrl,
  )
  await fixture.rows(
    `select pg_create_logical_replication_slot('${slot?.name}', 'pgoutput')::text`,
    databaseUrl,
  )
  const purge = (confirm: string) => control.projects.purge('ending', { confirm }, cli)
  await expect(purge('ending')).rejects.toMatchObject({ code: 'control_project_not_deleted' })
  await control.projects.remove('ending', cli)
  await expect(purge('endin')).rejects.toMatchObject({ code: 'control_purge_unconfirmed' })
  const before = await control.directory.find('ending')
  await purge('ending')
  expect(await control.directory.find('ending')).toBeNull()
  await expect(control.projects.show('ending')).rejects.toMatchObject({
    code: 'control_project_not_found',
  })
  expect(
    await fixture.rows(`select from pg_replication_slots where slot_name = '${slot?.name}'`),
  ).toEqual([])
  // of the same ref, later: no version comes again
  await control.projects.create({ ref: 'ending', databaseUrl }, cli)
  expect((await control.directory.find('ending'))?.version).toBeGreaterThan(before?.version ?? 0)
})

test('a database that is gone keeps a project from being purged, unless it is forced', async () => {
  const databaseUrl = await project('stranded')
  await control.projects.remove('stranded', cli)
  const gone = new URL(databaseUrl)
  await fixture.rows(`drop database "${gone.pathname.slice(1)}" with (force)`)
  const purge = (force: boolean) =>
    control.projects.purge('stranded', { confirm: 'stranded', force }, cli)
  await expect(purge(false)).rejects.toMatchObject({ code: 'control_database_slots_left' })
  await purge(true)
  expect(await control.directory.find('stranded')).toBeNull()
  await fixture.rows(`create database "${gone.pathname.slice(1)}"`)
})

test('rotated keys leave those of before good until their moment, or end all of them at once', async () => {
  await project('turning')
  const first = (await control.directory.find('turning'))?.keys
  const rotate = (graceMs: number, algorithm?: 'ES256') =>
    control.projects.rotateKeys('turning', { graceMs, ...(algorithm && { algorithm }) }, cli)
  const before = Date.now()
  const { keys: second } = await rotate(86_400_000, 'ES256')
  expect(second.retired).toHaveLength(1)
  expect(second.retired[0]).toMatchObject({
    jwtSecret: first?.jwtSecret,
    anonKey: first?.anonKey,
    secretKey: first?.secretKey,
  })
  expect(second.retired[0]?.untilMs).toBeGreaterThanOrEqual(before + 86_400_000)
  expect(second.encryptionKey).toBe(first?.encryptionKey)
  expect(second.jwtSecret).not.toBe(first?.jwtSecret)
  expect(second.signingKeys[0]).toMatchObject({ kty: 'EC', alg: 'ES256' })
  const { keys: third } = await rotate(1000)
  // its public half
  expect(third.retired[0]?.signingKeys[0]).toMatchObject({ kid: second.signingKeys[0]?.kid })
  expect(third.retired[0]?.signingKeys[0]).not.toHaveProperty('d')
  expect((await rotate(0)).keys.retired).toEqual([])
  for (const graceMs of [-1, Number.NaN, 91 * 86_400_000])
    await expect(rotate(graceMs)).rejects.toMatchObject({ code: 'control_grace_invalid' })
  for (let i = 0; i < 10; i++) await rotate(60_000)
  await expect(rotate(60_000)).rejects.toMatchObject({ code: 'control_too_many_rotations' })
})

test('a configuration is merged, and with problems nothing changes', async () => {
  await project('configured')
  const { projects, directory } = control
  expect(await projects.changeConfig('configured', { auth: { jwt_expiry: 60 } }, cli)).toEqual([])
  const problems = await projects.changeConfig(
    'configured',
    {
      auth: { jwt_secret: 'x'.repeat(40), jwt_expiry: 'soon' },
      basalt: { redis_url: 'redis://x' },
    },
    cli,
  )
  expect(new Set(problems.map(({ key }) => key))).toEqual(
    new Set(['auth.jwt_expiry', 'auth.jwt_secret', 'basalt.redis_url']),
  )
  const config = {
    storage: { s3: { bucket: 'other', access_key_id: 'id', secret_access_key: 'secret' } },
  }
  await expect(projects.update('configured', { config: { nope: 1 } }, cli)).rejects.toMatchObject({
    code: 'control_config_invalid',
  })
  await projects.update('configured', { config }, cli)
  // by its own service key
  const own = (patch: object, refused: string[] = []) =>
    directory.changeConfig('configured', { ...patch }, () =>
      Promise.resolve(refused.map((key) => ({ source: 'node', key, message: 'no' }))),
    )
  expect(await own({ auth: { site_url: 'https://own.example' } })).toEqual([])
  for (const patch of [
    { storage: null },
    { storage: { s3: null } },
    { basalt: { db: { pool_max: 9 } } },
  ])
    expect(await own(patch)).toMatchObject([
      { message: expect.stringContaining('operator') as string },
    ])
  expect(await own({ auth: { jwt_expiry: 61 } }, ['auth.jwt_expiry'])).toHaveLength(1)
  expect((await directory.find('configured'))?.config).toEqual({
    auth: { jwt_expiry: 60, site_url: 'https://own.example' },
    ...config,
  })
})

test('usage adds up by project and hour, and what is gone is left out', async () => {
  await project('used')
  const hourMs = Date.UTC(2026, 10, 29, 12)
  const row = { ref: 'used', hourMs, requests: 3, errors: 1, durationMs: 4.5 }
  await control.usage.add([row, row, { ...row, ref: 'nobody' }])
  await control.usage.add([row, { ...row, hourMs: hourMs + 3_600_000 }])
  const range = { ref: 'used', fromMs: hourMs, toMs: hourMs + 3_600_000 }
  expect(await control.usage.list(range)).toEqual([
    { ref: 'used', hourMs, requests: 9, errors: 3, durationMs: 13.5 },
  ])
})

test('a change of the master key leaves running nodes working, and afterwards the old key opens nothing', async () => {
  const own = await openControlFixture()
  try {
    const node = await own.open()
    await node.projects.create({ ref: 'kept', databaseUrl: await own.database() }, cli)
    const before = await node.directory.find('kept')
    const masterKey = randomBytes(32)
    await expect(own.open({ masterKey })).rejects.toMatchObject({
      code: 'control_master_key_wrong',
    })
    const next = await own.open({ masterKey, previousMasterKey: own.masterKey })
    expect(await next.directory.find('kept')).toEqual(before)
    expect(await next.rekey(cli)).toBe(1)
    expect(await next.rekey(cli)).toBe(0)
    expect(await node.directory.find('kept')).toEqual(before)
    const after = await own.open({ masterKey })
    expect(await after.directory.find('kept')).toEqual(before)
    await expect(own.open()).rejects.toMatchObject({ code: 'control_master_key_wrong' })
  } finally {
    await own.close()
  }
})

test('secrets open in no other project and no other column', async () => {
  const own = await openControlFixture()
  try {
    const node = await own.open()
    for (const ref of ['one', 'two'])
      await node.projects.create({ ref, databaseUrl: await own.database() }, cli)
    await own.rows(`update basalt_control.projects set keys = config where ref = 'one'`)
    await own.rows(`update basalt_control.projects as two set database_url = one.database_url
      from basalt_control.projects as one where two.ref = 'two' and one.ref = 'one'`)
    for (const ref of ['one', 'two'])
      await expect(node.directory.find(ref)).rejects.toMatchObject({
        code: 'control_master_key_wrong',
      })
  } finally {
    await own.close()
  }
})

test('while the control database is away questions are refused soon, and afterwards all is well again', async () => {
  const line = await openCuttable(fixture.url)
  const node = await fixture.open({ url: line.url })
  await project('patient')
  const told: (string | null)[] = []
  node.directory.onChange((ref) => told.push(ref))
  expect(await node.directory.find('patient')).not.toBeNull()
  await line.cut()
  const asked = Date.now()
  await expect(node.directory.find('patient')).rejects.toThrow(/connect|connection|closed/i)
  expect(Date.now() - asked).toBeLessThan(5_000)
  await line.mend()
  await vi.waitFor(() => expect(told).toContain(null), { timeout: 10_000 })
  expect(await node.directory.find('patient')).not.toBeNull()
  await control.projects.pause('patient', cli)
  await vi.waitFor(() => expect(told).toContain('patient'), { timeout: 15_000 })
  await node.close()
  await line.close()
})

test('a project moves to another database, whose owner it then is', async () => {
  const first = await project('moving')
  const second = await fixture.database()
  const same = new URL(first)
  same.searchParams.set('application_name', 'other')
  await control.projects.update('moving', { databaseUrl: same.href }, cli)
  const { warnings } = await control.projects.update('moving', { databaseUrl: second }, cli)
  expect(warnings.at(-1)?.remedy).toContain('pg_drop_replication_slot')
  expect((await control.directory.find('moving'))?.databaseUrl).toBe(second)
  await control.projects.create({ ref: 'heir', databaseUrl: first }, cli)
})

test('two owners who delete each other do not both succeed', async () => {
  const own = await openControlFixture()
  try {
    const { operators } = await own.open()
    for (const email of ['a@x.example', 'b@x.example'])
      await operators.create({ email, role: 'owner', password: 'a long enough one' }, cli)
    const ends = await Promise.allSettled([
      operators.remove('a@x.example', cli),
      operators.update('b@x.example', { role: 'admin' }, cli),
    ])
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await operators.list()).filter(({ role }) => role === 'owner')).toHaveLength(1)
  } finally {
    await own.close()
  }
})

test('the database of a project is no control database', async () => {
  const url = await fixture.database()
  await expect(fixture.open({ url })).rejects.toMatchObject({ code: 'control_database_wrong' })
  const ours = `select pg_catalog.to_regnamespace('basalt_control') is null as untouched`
  expect(await fixture.rows(ours, url)).toEqual([{ untouched: true }])
})
