/** `realtime-check` of supabase/realtime: its end-to-end suite for any project, which runs on Bun. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, runLogged } from './checkout.mjs'
import { readRealtimeCheck } from './read-results.mjs'
import { startBasalt } from './start-basalt.mjs'
import { installRuntimes } from './runtimes.mjs'

export const source = 'realtime'
export const repository = 'supabase/realtime'
const publishableKey = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const secretKey = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'

const check = {
  id: 'realtime',
  title: 'supabase/realtime’s realtime-check',
  how: 'all categories, functional and load, against `basalt start` with the config.toml beside it, by Bun.',
  async prepare(context) {
    const { bun } = await installRuntimes(context)
    const folder = join(context.folder, 'test/e2e')
    if (existsSync(join(folder, 'node_modules/commander'))) return
    const words = ['install', '--frozen-lockfile', '--ignore-scripts']
    await mustRun(bun, words, { cwd: folder, log: context.log('install') })
  },
  async run(context) {
    const { bun } = await installRuntimes(context)
    const folder = join(context.folder, 'test/e2e')
    const basalt = await startBasalt(folder, { log: context.log('basalt') })
    const report = context.log('report').replace('.log', '.json')
    const keys = ['--publishable-key', publishableKey, '--secret-key', secretKey]
    const words = [
      'realtime-check.ts',
      '--env',
      'local',
      '--db-password',
      'postgres',
      '--json',
      ...keys,
    ]
    try {
      await runLogged('sh', ['-c', `exec "$0" "$@" > '${report}'`, bun, ...words], {
        cwd: folder,
        log: context.log('check'),
      })
    } finally {
      await basalt.stop()
    }
    return readRealtimeCheck(JSON.parse(readFileSync(report, 'utf8')))
  },
}

export const suites = [check]
