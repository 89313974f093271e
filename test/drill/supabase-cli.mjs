/** The Supabase CLI's own commands for functions and secrets against a server here. Its package is fetched from npm, or given: SUPABASE_CLI=/path/to/supabase. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, loadConfig, startLocal } from '../../packages/server/dist/host/node/index.js'

const version = '3.1.0'
const root = mkdtempSync(join(tmpdir(), 'basalt-supabase-cli-'))
const [home, work, back] = ['home', 'work', 'back'].map((name) => join(root, name))
const token = `sbp_${'0123456789'.repeat(4)}`
const write = (folder, path, text) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

function findCli() {
  if (process.env.SUPABASE_CLI !== undefined) return process.env.SUPABASE_CLI
  const args = ['install', '--no-save', '--ignore-scripts', '--prefix', root, `supabase@${version}`]
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm could not fetch supabase@${version}: ${stderr}`)
  const name = `@supabase/cli-${process.platform}-${process.arch}/bin/supabase`
  return join(root, 'node_modules', name)
}

const port = await freePort()
const url = `http://127.0.0.1:${port}`
write(
  home,
  'supabase/config.toml',
  `[api]\nport = ${port}\n[db]\nport = ${await freePort()}\n[inbucket]\nenabled = false\n[basalt]\nadmin_port = ${await freePort()}\noperator_token = "${token}"\n`,
)
for (const folder of [work, back])
  write(
    folder,
    'supabase/config.toml',
    'project_id = "drill"\n[functions.hello]\nverify_jwt = false\nstatic_files = ["./functions/hello/*.txt"]\n',
  )
write(
  root,
  'basalt.yaml',
  `name: basalt\napi_url: ${url}\ndashboard_url: ${url}\nproject_host: localhost\n`,
)
write(
  work,
  'supabase/functions/hello/index.ts',
  `import { word } from "../_shared/word.ts"\nDeno.serve(async () => new Response([word, await Deno.readTextFile(new URL("./page.txt", import.meta.url)), Deno.env.get("WORD")].join(" ")))\n`,
)
write(work, 'supabase/functions/hello/page.txt', 'page')
write(work, 'supabase/functions/hello/deno.json', '{"imports":{}}')
write(work, 'supabase/functions/_shared/word.ts', 'export const word = "shared"\n')
write(work, 'supabase/functions/second/index.ts', 'Deno.serve(() => new Response("second"))\n')

const server = await startLocal({ workdir: home, config: loadConfig({ workdir: home }).config })
let failed = 0
const check = (what, ok, more = '') => {
  if (!ok) failed++
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : `\n${more}`}`)
}
try {
  const cli = findCli()
  const env = {
    ...process.env,
    SUPABASE_ACCESS_TOKEN: token,
    SUPABASE_PROFILE: join(root, 'basalt.yaml'),
    SUPABASE_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
  // not in step: the server runs in this process
  const run = (folder, ...args) =>
    new Promise((resolve) => {
      const child = spawn(cli, [...args, '--yes', '--project-ref', 'abcdefghijklmnopqrst'], {
        cwd: folder,
        env,
      })
      let out = ''
      child.stdout.on('data', (chunk) => (out += chunk))
      child.stderr.on('data', (chunk) => (out += chunk))
      child.on('close', (code) => resolve({ code, out }))
    })
  const expectRun = async (wanted, folder, ...args) => {
    const { code, out } = await run(folder, ...args)
    check(`supabase ${args.join(' ')}`, code === 0 && wanted.test(out), out)
  }
  await expectRun(/Finished/, work, 'secrets', 'set', 'WORD=secret', 'GONE=x')
  await expectRun(/GONE[^]*WORD/, work, 'secrets', 'list')
  await expectRun(/Finished/, work, 'secrets', 'unset', 'GONE')
  await expectRun(/Deployed Functions/, work, 'functions', 'deploy', 'hello', '--use-api')
  const answer = await (await fetch(`${url}/functions/v1/hello`)).text()
  check('the function answers', answer === 'shared page secret', answer)
  await expectRun(/hello, second/, work, 'functions', 'deploy', '--use-api')
  await expectRun(/hello[^]*\b2\b[^]*second/, work, 'functions', 'list')
  await expectRun(/Downloaded/, back, 'functions', 'download', 'hello', '--use-api')
  for (const path of ['hello/index.ts', 'hello/page.txt', '_shared/word.ts']) {
    const [there, here] = [back, work].map((folder) => join(folder, 'supabase/functions', path))
    const same = existsSync(there) && readFileSync(there).equals(readFileSync(here))
    check(`${path} came back`, same)
  }
  rmSync(join(work, 'supabase/functions/second'), { recursive: true })
  await expectRun(/second/, work, 'functions', 'deploy', '--use-api', '--prune')
  await expectRun(/Deleted/, work, 'functions', 'delete', 'hello')
  const { out } = await run(work, 'functions', 'list')
  check('none is left', !/hello|second/.test(out), out)
} finally {
  await server.stop()
  rmSync(root, { recursive: true, force: true })
}
process.exitCode = failed === 0 ? 0 : 1
