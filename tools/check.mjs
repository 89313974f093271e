/** `npm run check`: is this acceptable? Format, lint with types, layers, types, pure types, docs. All are run; any failure fails. */
import { spawnSync } from 'node:child_process'

/** @type {[name: string, command: string, args: string[]][]} */
const steps = [
  ['format', 'oxfmt', ['--check', '.']],
  [
    'types and build',
    'tsc',
    ['-b', 'packages/server', 'packages/code', 'packages/cli', 'packages/docstore'],
  ],
  // behind the build: types of one package are seen from another through what was built
  ['lint and layers', 'oxlint', ['-c', 'oxlint.config.mjs', '--type-aware', '--deny-warnings']],
  ['types of tests', 'tsc', ['-p', 'tsconfig.tests.json']],
  [
    'types of what runs in Deno',
    'tsc',
    ['-p', 'packages/server/src/services/functions/worker/runtime/tsconfig.json'],
  ],
  ['types of studio', 'tsc', ['-p', 'packages/studio/tsconfig.json']],
  ['pure types', 'tsc', ['-p', 'packages/server/tsconfig.pure.json']],
  ['assets', 'node', ['tools/copy-assets.mjs']],
  ['bundle', 'node', ['tools/bundle-server.mjs']],
  ['docs', 'node', ['tools/docs.mjs', '--check']],
]

const failed = []
for (const [name, command, args] of steps) {
  const started = performance.now()
  const program = command === 'node' ? process.execPath : `node_modules/.bin/${command}`
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' })
  const ok = status === 0
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${Math.round(performance.now() - started)} ms)`)
  if (ok) continue
  failed.push(name)
  console.log(error?.message ?? `${stdout}${stderr}`)
}
if (failed.length > 0) {
  console.log(`not acceptable: ${failed.join(', ')}`)
  process.exitCode = 1
}
