import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun } from './checkout.mjs'

const versions = { bun: '1.4.5', deno: '2.9.6' }

/** Bun and Deno, as the npm registry has them. */
export async function installRuntimes({ scratch, log }) {
  const folder = join(scratch, 'runtimes')
  const program = (name) => join(folder, 'node_modules/.bin', name)
  if (!existsSync(program('deno'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"private":true}')
    const wanted = Object.entries(versions).map(([name, version]) => `${name}@${version}`)
    await mustRun('npm', ['install', '--no-audit', ...wanted], {
      cwd: folder,
      log: log('runtimes'),
    })
  }
  return { bun: program('bun'), deno: program('deno') }
}
