/** `node examples/code/serve.mjs`, while `npm start` runs: installs the tables, starts API and worker, serves the page. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { createLog, migrateCode, readConfig, startCode } from '@basalt/code'

const packageFile = createRequire(import.meta.url).resolve('@supabase/supabase-js/package.json')
const bundle = readFileSync(join(dirname(packageFile), 'dist/umd/supabase.js'))

/** Serves the page for a project and an API; gives its URL and `close`. */
export async function servePage({ supabaseUrl, anonKey, codeUrl }, port = 0) {
  const page = readFileSync(join(import.meta.dirname, 'page.html'), 'utf8')
  const settings = JSON.stringify({ supabaseUrl, anonKey, codeUrl })
  const files = {
    '/': ['text/html; charset=utf-8', page],
    '/page.js': ['text/javascript', readFileSync(join(import.meta.dirname, 'page.mjs'))],
    '/supabase.js': ['text/javascript', bundle],
    '/settings.js': ['text/javascript', `export const settings = ${settings}\n`],
  }
  const server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? ['text/plain', 'not found']
    response.writeHead(files[url] ? 200 : 404, { 'content-type': type }).end(body)
  })
  await new Promise((done) => server.listen(port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The project of the environment, or the one that runs. */
function readProject() {
  const dataDir = join(tmpdir(), 'basalt-code-example')
  mkdirSync(dataDir, { recursive: true })
  return {
    ...(process.env.SUPABASE_URL === undefined ? readStatus() : {}),
    CODE_DATA_DIR: dataDir,
    CODE_ALLOWED_ORIGINS: '*',
    ...process.env,
  }
}

function readStatus() {
  const command = resolve(import.meta.dirname, '../../packages/cli/bin/basalt.mjs')
  const args = [command, '--workdir', 'examples/todo', 'status', '-o', 'json']
  const status = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  return {
    DATABASE_URL: status.DB_URL,
    SUPABASE_URL: status.API_URL,
    SUPABASE_ANON_KEY: status.ANON_KEY,
    SUPABASE_SERVICE_KEY: status.SERVICE_ROLE_KEY,
  }
}

if (process.argv[1] === import.meta.filename) {
  const environment = readProject()
  const config = readConfig((name) => environment[name] ?? null)
  const log = createLog((line) => process.stderr.write(line))
  await migrateCode(config, log)
  const { url } = await startCode({ config, log, serves: true, works: true })
  const page = await servePage(
    { supabaseUrl: config.supabaseUrl, anonKey: config.anonKey, codeUrl: url },
    3000,
  )
  console.log(`${page.url} (the API is at ${url})`)
}
