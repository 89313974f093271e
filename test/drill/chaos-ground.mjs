/** What the chaos run stands on: two nodes of a fleet behind nginx; Postgres of the project and of the fleet, Redis, S3, each behind a wire. */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { openControlDatabase } from '../../packages/server/dist/host/control-plane/index.js'
import { freePort, startEmbeddedPostgres } from '../../packages/server/dist/host/node/index.js'
import { silentLog } from '../../packages/server/dist/base/kernel/index.js'
import { Link } from './chaos-link.mjs'

// a dependency of the server's
const { CreateBucketCommand, S3Client } = createRequire(
  new URL('../../packages/server/package.json', import.meta.url),
)('@aws-sdk/client-s3')
const root = resolve(import.meta.dirname, '../..')
const command = join(root, 'packages/cli/bin/basalt.mjs')
const actor = { name: 'drill', address: null }

const schema = `
  create table public.notes (id uuid, owner uuid default auth.uid(), body text not null);
  create index on public.notes (id);
  alter table public.notes enable row level security;
  create policy own on public.notes for all to authenticated using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
  create function public.add(a int, b int) returns int language sql immutable as 'select a + b';
  create policy files on storage.objects for all to authenticated using (bucket_id = 'files') with check (bucket_id = 'files');
  alter publication supabase_realtime add table public.notes;`

export async function openGround({ say }) {
  const folder = mkdtempSync(join(tmpdir(), 'basalt-drill-chaos-'))
  const closing = []
  const servers = {}
  for (const name of ['control', 'project']) servers[name] = await openServer(join(folder, name))
  const [redis, s3] = [await openRedis(folder), await openS3()]
  const links = {
    database: await new Link(servers.project.port).listen(),
    control: await new Link(servers.control.port).listen(),
    redis: await new Link(redis.port).listen(),
    s3: await new Link(s3.port).listen(),
  }
  await servers.control.run('create database control')
  const masterKey = randomBytes(32)
  const control = await openControlDatabase({
    url: servers.control.url('control'),
    masterKey,
    log: silentLog,
  })
  const { record } = await control.projects.create(
    { ref: 'drill', databaseUrl: servers.project.url('postgres', links.database.port) },
    actor,
  )
  await control.close()
  await servers.project.run(schema)
  const environment = {
    ...process.env,
    BASALT_CONTROL_DB_URL: servers.control.url('control', links.control.port),
    BASALT_REDIS_URL: `redis://127.0.0.1:${links.redis.port}`,
    BASALT_MASTER_KEY: masterKey.toString('base64'),
    SUPABASE_STORAGE_BACKEND: 's3',
    SUPABASE_STORAGE_S3_ENDPOINT: `http://127.0.0.1:${links.s3.port}`,
    SUPABASE_STORAGE_S3_BUCKET: s3.bucket,
    SUPABASE_STORAGE_S3_ACCESS_KEY_ID: s3.key,
    SUPABASE_STORAGE_S3_SECRET_ACCESS_KEY: s3.secret,
    SUPABASE_BASALT_RATE_LIMIT_ENABLED: 'false',
    SUPABASE_AUTH_EMAIL_ENABLE_CONFIRMATIONS: 'false',
    SUPABASE_BASALT_LOG_REQUESTS: 'false',
    SUPABASE_STUDIO_ENABLED: 'false',
    SUPABASE_BASALT_AUTH_RATE_LIMIT_ENABLED: 'false',
  }
  const nodes = []
  for (const name of ['one', 'two']) nodes.push(await openNode({ name, folder, environment, say }))
  await Promise.all(nodes.map((node) => node.start()))
  const nginx = await startNginx(join(folder, 'nginx'), nodes)
  const close = async () => {
    for (const node of nodes) await node.close()
    nginx.stop()
    for (const link of Object.values(links)) link.close()
    redis.stop()
    for (const server of Object.values(servers)) await server.stop()
    for (const each of closing) await each()
    rmSync(folder, { recursive: true, force: true })
  }
  return { url: nginx.url, keys: record.keys, nodes, links, servers, redis, close }
}

async function openServer(dataDir) {
  const settings = { wal_level: 'logical', max_connections: '150' }
  let postgres = await startEmbeddedPostgres({ dataDir, settings })
  const { port, user, password } = postgres
  const url = (database, at = port) => `postgres://${user}:${password}@127.0.0.1:${at}/${database}`
  const pids = () =>
    spawnSync('pgrep', ['-f', dataDir, '-x', '-a'])
      .stdout.toString()
      .split('\n')
      .map((line) => Number.parseInt(line, 10))
      .filter(Number.isFinite)
  /** The postmaster and its children. */
  const family = () => {
    const master = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0])
    const children = spawnSync('pgrep', ['-P', String(master)])
      .stdout.toString()
      .trim()
      .split('\n')
    return [master, ...children.map(Number), ...pids()].filter((pid) => pid > 1)
  }
  const signal = (name) => {
    for (const pid of new Set(family()))
      try {
        process.kill(pid, name)
      } catch {
        // it has ended
      }
  }
  const server = {
    port,
    url,
    run: async (text) => {
      const client = new pg.Client(url('postgres'))
      await client.connect()
      try {
        return (await client.query(text)).rows
      } finally {
        await client.end()
      }
    },
    kill: async () => {
      signal('SIGKILL')
      await postgres.stop('immediate').catch(() => {})
    },
    start: async () => {
      postgres = await startEmbeddedPostgres({ dataDir, settings, port })
    },
    hang: () => signal('SIGSTOP'),
    wake: () => signal('SIGCONT'),
    stop: () => postgres.stop('immediate').catch(() => {}),
  }
  return server
}

async function openRedis(folder) {
  const port = await freePort()
  let child = null
  const redis = {
    port,
    start: async () => {
      const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder]
      child = spawn('redis-server', args)
      await new Promise((ready) =>
        child.stdout.on('data', (line) => /Ready to accept/.test(line) && ready()),
      )
    },
    kill: () => child.kill('SIGKILL'),
    stop: () => child.kill('SIGKILL'),
  }
  await redis.start()
  return redis
}

/** Beside `tools/real-s3.sh`, which is Ceph. */
async function openS3() {
  const { REAL_S3_URL: url, REAL_S3_KEY: key, REAL_S3_SECRET: secret } = process.env
  if (url === undefined)
    throw new Error('No S3: tools/real-s3.sh /tmp/basalt-ceph node test/drill/chaos.mjs')
  const bucket = `drill-${randomBytes(4).toString('hex')}`
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: key, secretAccessKey: secret },
  })
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return { port: Number(new URL(url).port), key, secret, bucket }
}

async function openNode({ name, folder, environment, say }) {
  const [port, admin] = [await freePort(), await freePort()]
  const cwd = join(folder, name)
  mkdirSync(cwd)
  const link = await new Link(port).listen()
  let child = null
  const node = {
    name,
    port,
    link,
    start: async () => {
      child = spawn(process.execPath, [command, 'serve', '--json', '--port', String(port)], {
        cwd,
        env: { ...environment, SUPABASE_BASALT_ADMIN_PORT: String(admin) },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => say(`${name} ${chunk}`))
      await new Promise((ready, failed) => {
        child.once('exit', (code) => failed(new Error(`${name} ended with ${code}`)))
        child.stdout.on('data', (chunk) => String(chunk).includes('"event":"ready"') && ready())
      })
      child.removeAllListeners('exit')
    },
    end: async (signal) => {
      child.kill(signal)
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
    hang: () => child.kill('SIGSTOP'),
    wake: () => child.kill('SIGCONT'),
    /** MB */
    memory: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    close: async () => {
      child.kill('SIGCONT')
      await node.end('SIGKILL')
      link.close()
    },
  }
  return node
}

async function startNginx(place, nodes) {
  const port = await freePort()
  mkdirSync(place)
  writeFileSync(
    join(place, 'nginx.conf'),
    `daemon off; user root; pid ${place}/pid; error_log ${process.env.DRILL_LOG === undefined ? `${place}/error.log` : `${process.env.DRILL_LOG}.nginx`}; worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0;
  client_body_temp_path ${place}/body; proxy_temp_path ${place}/proxy;
  fastcgi_temp_path ${place}/f; uwsgi_temp_path ${place}/u; scgi_temp_path ${place}/s;
  map $http_upgrade $upgrading { default upgrade; '' ''; }
  upstream nodes { ${nodes.map(({ link }) => `server 127.0.0.1:${link.port} max_fails=1 fail_timeout=1s;`).join(' ')} keepalive 32; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://nodes; proxy_http_version 1.1;
      proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgrading;
      proxy_connect_timeout 1s; proxy_read_timeout 60s; proxy_next_upstream error timeout; proxy_request_buffering off; proxy_buffering off;
    }
  }
}`,
  )
  const child = spawn('nginx', ['-p', place, '-c', join(place, 'nginx.conf')], { stdio: 'inherit' })
  await pause(300)
  return { url: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGTERM') }
}
