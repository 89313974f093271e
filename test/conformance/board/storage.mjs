/** The acceptance suite of supabase/storage, which knows the service by its URLs only. */
import { createHmac } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runLogged } from './checkout.mjs'
import { readJest } from './read-results.mjs'
import { startBasalt } from './start-basalt.mjs'

export const source = 'storage'
export const repository = 'supabase/storage'
const url = 'http://127.0.0.1:54321/storage/v1'
const jwtSecret = 'super-secret-jwt-token-with-at-least-32-characters-long'

const imported = [
  '@aws-sdk/client-s3',
  '@aws-sdk/s3-presigned-post',
  'dotenv',
  'tus-js-client',
  'vitest',
]

/** What the suite asks of its target beside the API: the bucket and the policy of the repository's own test data. */
const resources = `
insert into storage.buckets (id, name) values ('bucket2', 'bucket2');
create policy authenticated_folder on storage.objects for all using (
  bucket_id = 'bucket2' and (storage.foldername(name))[1] = 'authenticated' and auth.role() = 'authenticated'
);`

function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: 2_000_000_000, ...claims })}`
  return `${signed}.${createHmac('sha256', jwtSecret).update(signed).digest('base64url')}`
}

function target() {
  return {
    ACCEPTANCE_PROFILE: 'full',
    ACCEPTANCE_BASE_URL: url,
    ACCEPTANCE_REGION: 'local',
    ACCEPTANCE_SERVICE_KEY: token({ role: 'service_role' }),
    ACCEPTANCE_ANON_KEY: token({ role: 'anon' }),
    ACCEPTANCE_AUTHENTICATED_KEY: token({
      role: 'authenticated',
      aud: 'authenticated',
      sub: '317eadce-631a-4429-a0bb-f19a7a517b4a',
    }),
    ACCEPTANCE_S3_ACCESS_KEY_ID: '625729a08b95bf1b7ff351a663f3a23c',
    ACCEPTANCE_S3_SECRET_ACCESS_KEY:
      '850181e4652dd023b7a98c58ae0d2d34bd487ee0cc3254aed6eda37307425907',
    ACCEPTANCE_ENABLE_RENDER: 'true',
    ACCEPTANCE_ENABLE_RLS_SETUP: 'true',
    ACCEPTANCE_ENABLE_WIRE: 'true',
    STORAGE_BACKEND: 'file',
  }
}

/**
 * The packages the suite imports, at the lockfile's versions. `npm ci` would want the whole service's, one of them from GitHub and
 * some of a newer Node.
 */
async function install({ folder, log }) {
  const home = join(folder, 'acceptance')
  if (existsSync(join(home, 'node_modules/.bin/vitest'))) return
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'))
  const wanted = imported.map((name) => `${name}@${packages[`node_modules/${name}`].version}`)
  const words = [
    'install',
    '--prefix',
    home,
    '--ignore-scripts',
    '--no-audit',
    '--no-save',
    ...wanted,
  ]
  await mustRun('npm', words, { cwd: folder, log: log('install') })
}

const acceptance = {
  id: 'storage',
  title: 'supabase/storage’s acceptance suite',
  how: 'profile `full` with rendering, policies, TUS and wire tests, against `basalt start` (objects on disk) at `/storage/v1` with the Supabase CLI’s keys.',
  prepare: install,
  async run({ folder, scratch, log }) {
    const workdir = join(scratch, 'storage-project')
    mkdirSync(join(workdir, 'supabase/migrations'), { recursive: true })
    writeFileSync(join(workdir, 'supabase/config.toml'), 'project_id = "acceptance"\n')
    writeFileSync(join(workdir, 'supabase/migrations/20260101000000_resources.sql'), resources)
    const basalt = await startBasalt(workdir, { log: log('basalt') })
    const report = log('vitest').replace('.log', '.json')
    rmSync(report, { force: true })
    const config = ['--config', 'acceptance/acceptance.vitest.config.ts']
    const reporter = ['--reporter=json', `--outputFile.json=${report}`]
    try {
      await runLogged('acceptance/node_modules/.bin/vitest', ['run', ...config, ...reporter], {
        cwd: folder,
        env: target(),
        log: log('vitest'),
      })
    } finally {
      await basalt.stop()
    }
    if (!existsSync(report)) throw new Error(`vitest gave no report (${log('vitest')})`)
    return readJest(JSON.parse(readFileSync(report, 'utf8')), join(folder, 'acceptance/specs'))
  },
}

export const suites = [acceptance]
