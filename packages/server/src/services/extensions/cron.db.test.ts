/** pg_cron: jobs run as their owner, on one node, at their time, and every run is recorded. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openExtensionDatabase } from './open-database.fixture.ts'
import type { ExtensionDatabase } from './open-database.fixture.ts'
import { startServer, startWorker } from './worker.fixture.ts'
import type { TestWorker } from './worker.fixture.ts'

let database: ExtensionDatabase
let worker: TestWorker

beforeAll(async () => {
  database = await openExtensionDatabase()
  worker = await startWorker(database)
  await database.script(`
    create extension if not exists pg_cron with schema pg_catalog;
    create table seen (what text, who text default session_user, at timestamptz default clock_timestamp());`)
})
afterEach(() => database.script('delete from cron.job; delete from seen'))
afterAll(async () => {
  await worker.close()
  await database.close()
})

interface Run {
  readonly jobid: number
  readonly status: string
  readonly return_message: string
  readonly job_pid: number | null
  readonly username: string
  readonly database: string
  readonly command: string
}

/** The first finished run of a job that runs every second. */
async function firstRun(command: string, finished = true, name = 'job'): Promise<Run> {
  await database.script(`delete from cron.job where jobname = '${name}'`)
  const [job] = await database.rows<{ id: number }>(
    `select cron.schedule('${name}', '1 second', $command$${command}$command$) as id`,
  )
  const find = `select * from cron.job_run_details
    where jobid = ${job?.id ?? 0} and ${finished ? 'end_time >= start_time' : `status = 'running'`} order by runid limit 1`
  await expect.poll(() => database.rows(find)).toHaveLength(1)
  return (await database.rows<Run>(find))[0] as Run
}

describe('a run', () => {
  test('is recorded with what it said', async () => {
    const run = await firstRun(`insert into public.seen values ('a')`)
    expect(run).toMatchObject({
      status: 'succeeded',
      return_message: 'INSERT 0 1',
      username: 'postgres',
      command: `insert into public.seen values ('a')`,
      job_pid: expect.any(Number),
    })
    expect(await database.rows('select distinct what, who from seen')).toEqual([
      { what: 'a', who: 'postgres' },
    ])
  })

  test('has the outcome of its last statement, or the error as psql shows it', async () => {
    const outcomes = [
      ['select 1', 'succeeded', '1 row'],
      ['select generate_series(1, 3)', 'succeeded', '3 rows'],
      ['create temp table x (); select 1; set work_mem = 1024', 'succeeded', 'SET'],
      ['vacuum public.seen', 'succeeded', 'VACUUM'],
      [
        'insert into nowhere values (1)',
        'failed',
        'ERROR:  relation "nowhere" does not exist\nLINE 1: insert into nowhere values (1)\n                    ^\n',
      ],
      ['', 'succeeded', '0 rows'],
      ['select 1/0', 'failed', 'ERROR:  division by zero\n'],
      [
        `do $$ begin raise 'no' using hint = 'try'; end $$`,
        'failed',
        'ERROR:  no\nHINT:  try\nCONTEXT:  PL/pgSQL function inline_code_block line 1 at RAISE\n',
      ],
    ]
    const runs = await Promise.all(
      outcomes.map(([command = ''], i) => firstRun(command, true, `job ${i}`)),
    )
    expect(runs.map((run) => [run.command, run.status, run.return_message])).toEqual(outcomes)
  })

  test('leaves nothing in the session for the next', async () => {
    await firstRun(`select set_config('app.left', 'x', false)`)
    const run = await firstRun(
      `insert into public.seen select coalesce(current_setting('app.left', true), 'nothing')`,
    )
    expect(run.status).toBe('succeeded')
    expect(await database.rows('select distinct what from seen')).toEqual([{ what: 'nothing' }])
  })

  test('does not get beyond its owner', async () => {
    const ways = [
      'reset role',
      'reset session authorization',
      'set session authorization supabase_admin',
      'set role supabase_admin',
    ]
    await Promise.all(
      ways.map((way, i) =>
        firstRun(
          `do $$ begin begin execute '${way}'; exception when others then null; end; end $$;
            insert into public.seen (what) values (current_user)`,
          true,
          `job ${i}`,
        ),
      ),
    )
    expect(await database.rows('select distinct what, who from seen')).toEqual([
      { what: 'postgres', who: 'postgres' },
    ])
  })

  test('of a role we cannot connect as fails, and says so', async () => {
    await database.script(`
      grant usage on schema cron to service_role;
      grant insert on seen to service_role;`)
    await database.rows(`select cron.schedule('theirs', '1 second', 'select 1')`, 'service_role')
    const find = `select status, return_message from cron.job_run_details where username = 'service_role' and end_time is not null limit 1`
    await expect
      .poll(() => database.rows(find))
      .toEqual([
        { status: 'failed', return_message: expect.stringMatching(/cannot connect as that role/) },
      ])
  })
})

describe('a job', () => {
  test('runs at its minute', { retry: 2 }, async () => {
    await worker.close()
    // a second before midnight of a month's last day: the jobs have to be there by then
    const offset = Date.parse('2026-02-27T23:59:59Z') - Date.now()
    worker = await startWorker(database, { now: () => Date.now() + offset })
    await database.script(`select cron.schedule('monthly', '0 0 $ * *', $$insert into public.seen values ('last day')$$),
      cron.schedule('other', '0 0 1 * *', $$insert into public.seen values ('first day')$$)`)
    await expect.poll(() => database.rows('select what from seen')).toEqual([{ what: 'last day' }])
    await worker.close()
    worker = await startWorker(database)
  })

  test('is changed and removed', async () => {
    const { jobid } = await firstRun(`insert into public.seen values ('first')`)
    expect(
      await database.rows(
        `select cron.schedule('job', '1 second', $$insert into public.seen values ('second')$$) as id`,
      ),
    ).toEqual([{ id: jobid }])
    await expect
      .poll(() => database.rows(`select 1 from seen where what = 'second' limit 1`))
      .toHaveLength(1)
    expect(await database.rows(`select cron.unschedule('job') as v`)).toEqual([{ v: true }])
    expect(await database.refusal(`select cron.unschedule('job')`)).toMatch(
      /could not find valid entry for job 'job'/,
    )
    expect(await database.rows('select * from cron.job')).toEqual([])
  })

  test('that is not active does not run', async () => {
    await database.script(`
      select cron.schedule_in_database('off', '1 second', $$insert into public.seen values ('off')$$, current_database(), active := false)`)
    await firstRun(`insert into public.seen values ('on')`)
    expect(await database.rows('select distinct what from seen')).toEqual([{ what: 'on' }])
  })

  test('calls functions with a secret of the vault', async () => {
    const server = await startServer((_request, response) => response.end('{}'))
    await database.script(`
      create extension if not exists pg_net with schema extensions;
      select vault.create_secret('${server.url}', 'url');`)
    await firstRun(
      `select net.http_post((select decrypted_secret from vault.decrypted_secrets where name = 'url') || '/hook', '{}')`,
    )
    await expect.poll(() => server.requests[0]).toBe('POST /hook')
    await server.close()
  })
})

describe('what is refused', () => {
  test.each([
    [`select cron.schedule('x', '60 seconds', 'select 1')`, /^22023 invalid schedule: 60 seconds/],
    [`select cron.schedule('x', '* * * *', 'select 1')`, /^22023 invalid schedule/],
    [`select cron.schedule('x', '*/0 * * * *', 'select 1')`, /^22023 invalid schedule/],
    [`select cron.schedule(null, '* * * * *', 'select 1')`, /job_name can not be NULL/],
    [`select cron.unschedule(99)`, /could not find valid entry for job 99/],
    [`select cron.alter_job(99, active := false)`, /Job 99 does not exist or you don't own it/],
    [
      `select cron.schedule_in_database('x', '* * * * *', 'select 1', 'nowhere')`,
      /database "nowhere" does not exist/,
    ],
    [
      `select cron.schedule_in_database('x', '* * * * *', 'select 1', current_database(), 'supabase_admin')`,
      /must be superuser/,
    ],
    [
      `insert into cron.job (schedule, command, username) values ('* * * * *', 'select 1', 'supabase_admin')`,
      /^42501/,
    ],
    [
      `create trigger spy before insert on cron.job_run_details for each row execute function suppress_redundant_updates_trigger()`,
      /^42501/,
    ],
    [
      `create trigger spy before insert on cron.job for each row execute function suppress_redundant_updates_trigger()`,
      /^42501/,
    ],
  ])('%s', async (statement, expected) => {
    expect(await database.refusal(statement)).toMatch(expected)
  })

  test('what belongs to another role, even to one that sees past policies', async () => {
    await database.script(
      `select cron.schedule('mine', '0 0 1 1 *', 'select 1'); grant usage on schema cron to service_role`,
    )
    expect(
      await database.refusal(`update cron.job set username = 'service_role'`, 'service_role'),
    ).toMatch(/^42501/)
    await database.script(`grant usage on schema cron to authenticated`)
    expect(await database.rows('select count(*) as n from cron.job', 'authenticated')).toEqual([
      { n: 0 },
    ])
  })
})

describe('one node works', () => {
  test('of two workers, and the other takes over', async () => {
    const second = await startWorker(database)
    await firstRun(`insert into public.seen values ('run')`)
    await expect.poll(() => database.rows('select 1 from seen')).toHaveLength(3)
    // with both at work there would be pairs
    const close = `select 1 from seen as one, seen as other
      where one.at < other.at and other.at - one.at < interval '0.7 seconds'`
    expect(await database.rows(close)).toEqual([])
    await worker.close()
    await database.script('delete from seen')
    await expect.poll(() => database.rows('select 1 from seen')).toHaveLength(1)
    await second.close()
    worker = await startWorker(database)
  })

  test('the loss of the lock stops what runs', async () => {
    const run = await firstRun('select pg_sleep(60)', false)
    await worker.db.execute({
      name: 'test.kill',
      text: `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1650553697
        and database = (select oid from pg_database where datname = current_database())`,
      values: [],
    })
    await expect
      .poll(() =>
        worker.db
          .execute({
            name: 'test.alive',
            text: `select 1 from pg_stat_activity where pid = ${run.job_pid}`,
            values: [],
          })
          .then(({ rowCount }) => rowCount),
      )
      .toBe(0)
    await database.script(`select cron.unschedule('job')`)
    await expect
      .poll(() =>
        database.rows(`select status from cron.job_run_details where job_pid = ${run.job_pid}`),
      )
      .toEqual([{ status: 'failed' }])
  })
})

test('the extension may be dropped and made again', async () => {
  await database.script('drop extension pg_cron cascade; create extension pg_cron')
  expect(await firstRun('select 1')).toMatchObject({ status: 'succeeded' })
})
