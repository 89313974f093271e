/**
 * PostgREST's specs, converted to requests and expectations by the folder that `postgrest-runner=` names (prepare.sh, run.mjs),
 * replayed against `basalt rest`, one server for each of their configurations.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { mustRun } from './checkout.mjs'
import { readPostgrest } from './read-results.mjs'
import { startBasalt } from './start-basalt.mjs'

export const source = 'postgrest'
export const repository = 'PostgREST/postgrest'
export const tool = 'postgrest-runner'
const binaries = process.env.POSTGRES_BIN ?? '/usr/lib/postgresql/15/bin'
const port = 54_322

async function prepare({ path, folder, given, log }) {
  const words = ['-C', path, 'rev-parse', '--absolute-git-dir']
  const repositoryFolder = execFileSync('git', words).toString().trim()
  const script = resolve(given[tool], 'prepare.sh')
  await mustRun(script, [repositoryFolder, join(folder, 'cases')], { log: log('cases') })
}

/** Loads the fixtures as `superuser`, replays all configurations and reads the report. */
async function replay({ root, folder, log }, { superuser, password = '', options, env = {} }) {
  const cases = join(folder, 'cases')
  const connection = { PGHOST: '127.0.0.1', PGPORT: String(port), PGPASSWORD: password }
  await mustRun('bash', ['fixtures/load.sh'], {
    cwd: cases,
    env: { ...connection, PSQL_SUPERUSER: superuser, ...env },
    log: log('load'),
  })
  const report = log('report').replace('.log', '.json')
  const spawned = `exec ${process.execPath} ${join(root, 'packages/cli/bin/basalt.mjs')} rest`
  const words = ['run.mjs', '--config', 'all', '--spawn', spawned, '--json', report]
  await mustRun(process.execPath, [...words, ...options], {
    cwd: cases,
    env: {
      PGRST_DB_URI: `postgresql://Postgrest_Test_Authenticator:authpass@127.0.0.1:${port}/pgrst_spec`,
      PGTZ: 'utc',
      PGOPTIONS: '-c search_path=public,test',
    },
    log: log('run'),
  })
  return readPostgrest(JSON.parse(readFileSync(report, 'utf8')))
}

/** A cluster as `initdb` makes it, run by the account `postgres` where root starts it. */
async function withCluster(context, work) {
  const home = mkdtempSync(join(tmpdir(), 'basalt-conformance-pg-'))
  const isRoot = process.getuid() === 0
  const asPostgres = (program, words) =>
    isRoot
      ? [
          'setpriv',
          ['--reuid', 'postgres', '--regid', 'postgres', '--init-groups', program, ...words],
        ]
      : [program, words]
  if (isRoot) execFileSync('chown', ['postgres:', home])
  const data = join(home, 'data')
  const initial = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '-N']
  execFileSync(...asPostgres(join(binaries, 'initdb'), initial), { cwd: home, stdio: 'ignore' })
  const settings = ['fsync=off', `unix_socket_directories=${home}`, 'compute_query_id=on']
  const flags = settings.flatMap((setting) => ['-c', setting])
  const server = spawn(
    ...asPostgres(join(binaries, 'postgres'), ['-D', data, '-p', String(port), ...flags]),
    { cwd: home, stdio: 'ignore' },
  )
  const ended = new Promise((done) => server.once('exit', done))
  try {
    await mustRun(
      'bash',
      ['-c', `until "${binaries}/pg_isready" -qh 127.0.0.1 -p ${port}; do sleep 0.1; done`],
      {
        log: context.log('ready'),
        timeoutMs: 30_000,
      },
    )
    return await work(home)
  } finally {
    server.kill('SIGINT')
    await ended
    rmSync(home, { recursive: true, force: true })
  }
}

const onInstalled = {
  id: 'postgrest',
  title: 'PostgREST’s specs, Postgres 15',
  how: 'all 33 configurations against `basalt rest`, on a fresh cluster of Debian’s Postgres 15 with PostGIS and `compute_query_id = on`. The specs are Haskell: `postgrest-runner` names a folder, not part of this repository, whose `prepare.sh <git folder> <folder>` makes requests and expectations of them and whose `run.mjs` replays these.',
  prepare,
  run: (context) =>
    withCluster(context, (home) =>
      replay(context, {
        superuser: 'postgres',
        options: ['--pg', '15'],
        env: { DUMP_FILE: join(home, 'projects_dump.csv') },
      }),
    ),
}

const onEmbedded = {
  id: 'postgrest-embedded',
  title: 'PostgREST’s specs, embedded Postgres 18',
  how: 'the same on the Postgres of `basalt start` with its own settings; the cases tagged `postgis` are not among them, as it has no PostGIS.',
  prepare,
  async run(context) {
    const workdir = join(context.scratch, 'postgrest-project')
    mkdirSync(join(workdir, 'supabase'), { recursive: true })
    writeFileSync(
      join(workdir, 'supabase/config.toml'),
      `project_id = "specs"\n[db]\nport = ${port}\n`,
    )
    const basalt = await startBasalt(workdir, { log: context.log('basalt') })
    const key = join(workdir, 'supabase/.temp/pgdata/pgsql_tmp.superuser.key')
    try {
      return await replay(context, {
        superuser: 'supabase_admin',
        password: readFileSync(key, 'utf8'),
        options: ['--pg', '18', '--exclude-tag', 'postgis'],
        env: {
          NO_POSTGIS: '1',
          DUMP_FILE: join(tmpdir(), `projects-dump-${process.pid}.csv`),
        },
      })
    } finally {
      await basalt.stop()
    }
  },
}

export const suites = [onInstalled, onEmbedded]
