/**
 * `npm run bench -- functions`: a hello function in each contract: from nothing to the first byte, warm, and what a warm worker
 * weighs; as a ratio to a bare Deno server in the same run, and to the same server behind nginx, where that is installed: what
 * a process in front costs that does nothing else. BENCH_SECONDS, BENCH_ROUNDS.
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { findDeno } from '../../packages/server/dist/services/functions/index.js'
import { createProject, startProject, userToken } from './bench-project.mjs'
import { cpuOf } from './cpu-time.mjs'
import { runLoad } from './run-load.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 2)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const token = userToken()
const deno = findDeno(null)
const hello = `() => new Response('{"message":"Hello world!"}', { headers: { 'content-type': 'application/json' } })`

const files = {
  'serve/index.ts': `Deno.serve(${hello})`,
  'fetch/index.ts': `export default { fetch: ${hello} }`,
  'plain/index.ts': `export const handler = () => ({ status: 200, body: { message: 'Hello world!' } })`,
  'bundled/index.ts': `import { createClient } from 'npm:@supabase/supabase-js@2.108.2'\nconst client = createClient(Deno.env.get('SUPABASE_URL'), Deno.env.get('SUPABASE_ANON_KEY'))\nDeno.serve(() => Response.json({ message: typeof client.from }))`,
}

const project = await createProject()
const functions = join(project.workdir, 'supabase/functions')
for (const [path, text] of Object.entries(files)) {
  mkdirSync(dirname(join(functions, path)), { recursive: true })
  writeFileSync(join(functions, path), text)
}
cpSync(
  resolve(import.meta.dirname, '../../examples/functions/supabase/functions/count'),
  join(functions, 'count'),
  { recursive: true },
)

const folder = mkdtempSync(join(tmpdir(), 'basalt-bench-deno-'))
writeFileSync(
  join(folder, 'bare.ts'),
  `Deno.serve({ port: Number(Deno.args[0]), hostname: '127.0.0.1', onListen: () => console.log('ready') }, ${hello})`,
)
const barePort = await freePort()
const bare = spawn(
  deno,
  ['run', '--no-config', '--allow-net', join(folder, 'bare.ts'), String(barePort)],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
await once(bare.stdout, 'data')
const front = await startNginx()
let running
try {
  running = await startProject(project)
  console.log(`before the first call: ${denos().length} Deno processes`)
  for (const name of ['serve', 'fetch', 'plain', 'bundled', 'count']) await cold(name)
  for (const [name, shape] of [
    ['serve', 'Deno.serve'],
    ['fetch', 'export default { fetch }'],
    ['plain', 'handler'],
    ['count', 'WASM'],
  ])
    for (const connections of [1, 16]) await warm(name, shape, connections)
  for (const { args, rssMb, pssMb } of denos())
    console.log(
      `warm worker ${/functions\/(\w+)-/.exec(args)?.[1]}: RSS ${rssMb} MB, PSS ${pssMb} MB`,
    )
} finally {
  await running?.stop()
  bare.kill()
  front?.child.kill()
  project.remove()
  rmSync(folder, { recursive: true })
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** One worker, as the server is one process; connections to the bare server are kept. */
async function startNginx() {
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr crit; events {}
     http { access_log off; keepalive_requests 1000000000;
       upstream bare { server 127.0.0.1:${barePort}; keepalive 64; keepalive_requests 1000000000; }
       server { listen 127.0.0.1:${port}; location / {
         proxy_pass http://bare; proxy_http_version 1.1; proxy_set_header connection ""; } } }`,
  )
  const child = spawn('nginx', ['-p', folder, '-c', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const isThere = await new Promise((tell) => {
    child.once('spawn', () => tell(true))
    child.once('error', () => tell(false))
  })
  if (!isThere) return null
  for (;;)
    try {
      await (await fetch(`http://127.0.0.1:${port}`)).text()
      return { child, port }
    } catch {
      await new Promise((done) => setTimeout(done, 20))
    }
}

function call(name) {
  return fetch(`http://127.0.0.1:${project.ports.api}/functions/v1/${name}`, {
    headers: { authorization: `Bearer ${token}` },
  })
}

/** The first call makes it ready; a file that changes has the next one start from nothing, the imports being there. */
async function cold(name) {
  const first = performance.now()
  await (await call(name)).arrayBuffer()
  const firstMs = performance.now() - first
  const taken = []
  for (let i = 0; i < 5 && name !== 'count'; i++) {
    for (const { pid } of denos()) process.kill(pid, 'SIGKILL')
    // the pool has heard of it
    await new Promise((done) => setTimeout(done, 300))
    const started = performance.now()
    const response = await call(name)
    await response.arrayBuffer()
    if (!response.ok) throw new Error(`${name} answered ${response.status}`)
    taken.push(performance.now() - started)
  }
  const again =
    taken.length === 0
      ? ''
      : `, from nothing to the first byte ${median(taken).toFixed(0)} ms (wanted ≤ 150)`
  console.log(`${name}: first call ever ${firstMs.toFixed(0)} ms${again}`)
}

/** Ours and the bare one in turn, so that both have the same machine. */
async function warm(name, shape, connections) {
  const plan = { host: '127.0.0.1', connections, seconds }
  const requests = [
    `GET /functions/v1/${name} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`,
  ]
  const taken = []
  for (let round = 0; round < rounds; round++) {
    const before = cpuOf(running.pid)
    const own = await runLoad({ ...plan, port: project.ports.api, requests })
    const after = cpuOf(running.pid)
    const requestsBare = ['GET / HTTP/1.1\r\nhost: x\r\n\r\n']
    const other = await runLoad({ ...plan, port: barePort, requests: requestsBare })
    const proxied =
      front === null ? null : await runLoad({ ...plan, port: front.port, requests: requestsBare })
    taken.push({
      own,
      other,
      proxied,
      nodeUs: (after.ownUs - before.ownUs) / own.requests,
      denoUs: (after.childrenUs - before.childrenUs) / own.requests,
    })
  }
  const rate = ({ requests: count, seconds: time }) => count / time
  const of = (pick) => median(taken.map(pick))
  const behindNginx =
    front === null
      ? ''
      : `behind nginx ${of(({ proxied }) => rate(proxied)).toFixed(0)}/s, ratio to it ${of(({ own, proxied }) => rate(own) / rate(proxied)).toFixed(2)}; `
  const errors = taken.reduce((sum, { own }) => sum + own.errors, 0)
  console.log(
    `${shape}, ${connections} connections: ${of(({ own }) => rate(own)).toFixed(0)}/s, bare ${of(({ other }) => rate(other)).toFixed(0)}/s, ratio ${of(({ own, other }) => rate(own) / rate(other)).toFixed(2)} (wanted 0.5); ` +
      behindNginx +
      `p50 ${of(({ own }) => own.p50).toFixed(2)} ms (bare ${of(({ other }) => other.p50).toFixed(2)}, wanted ≤ 1.5 over it), p99 ${of(({ own }) => own.p99).toFixed(2)} ms, ${errors} errors; node ${of(({ nodeUs }) => nodeUs).toFixed(0)} µs, deno ${of(({ denoUs }) => denoUs).toFixed(0)} µs`,
  )
}

/** Processes of functions below the server. */
function denos() {
  const lines = execFileSync('ps', ['-eo', 'pid=,rss=,args='], { encoding: 'utf8' }).split('\n')
  return lines
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter(
      (found) => found !== null && found[3].includes('/deno run') && found[3].includes('basalt-f'),
    )
    .map(([, pid, rss, args]) => {
      let pss = 0
      try {
        pss = Number(
          /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0,
        )
      } catch {
        // gone, or another user's
      }
      return {
        pid: Number(pid),
        args,
        rssMb: Math.round(rss / 1024),
        pssMb: Math.round(pss / 1024),
      }
    })
}
