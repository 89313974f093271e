/** `npm run drill:pack`: packs the document store, installs it alone in an empty folder, and runs the embedded example there. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'docstore-pack-'))
const run = (command, args, cwd) => execFileSync(command, args, { cwd, encoding: 'utf8' })
try {
  run('npm', ['pack', '--silent', '--pack-destination', folder], join(root, 'packages/docstore'))
  const [packed] = readdirSync(folder)
  const app = join(folder, 'app')
  mkdirSync(app)
  writeFileSync(join(app, 'package.json'), '{"private":true,"type":"module"}')
  run('npm', ['install', '--silent', '--no-audit', '--no-fund', join(folder, packed)], app)
  for (const file of ['app.mjs', 'node.mjs'])
    cpSync(join(root, 'examples/embedded', file), join(app, file))
  console.log(run(process.execPath, ['node.mjs'], app))
  console.log(
    `${packed} alone: ${readdirSync(join(app, 'node_modules')).length} folders in node_modules`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
