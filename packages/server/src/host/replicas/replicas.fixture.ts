/** A platform on a Postgres of its own with a streaming replica beside it. */
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { vi } from 'vitest'
import {
  cloneDatabase,
  createMemoryBus,
  prepareTestServer,
  startTestPlatform,
  startTestReplica,
  withDatabase,
} from '#testing'
import type { TestPlatform, TestReplica } from '#testing'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly json: unknown
}

type Ask = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<Answer>

export interface ReplicaFixture {
  readonly server: TestPlatform
  readonly replica: TestReplica
  readonly ask: Ask
  /** Of a signed-in user, on the data API. */
  user(name: string, at?: TestPlatform): Ask
  secondNode(): Promise<TestPlatform>
  /** As the metrics have it. */
  reads(): Promise<{ readonly primary: number; readonly replica: number; readonly up: number }>
  /** Resolves when reads go to the replica. */
  isUsed(): Promise<void>
  /** Signals the replica's processes; what comes back signals the same ones again. */
  stopReplicaBackends(signal: NodeJS.Signals): (signal: NodeJS.Signals) => void
  close(): Promise<void>
}

const schema = `
  create table public.notes (id int primary key, body text);
  grant all on public.notes to authenticated;
  create function public.stable_one() returns int language sql stable as 'select 1';
  create table public.profiles (id uuid primary key);
  grant select on public.profiles to authenticated;
  create function public.add_profile() returns trigger language plpgsql security definer
    set search_path = '' as 'begin insert into public.profiles values (new.id); return new; end';
  create trigger add_profile after insert on auth.users for each row execute function public.add_profile();`

export async function createTestReplicaSet(): Promise<ReplicaFixture> {
  const primary = await prepareTestServer({
    settings: { wal_level: 'logical', synchronous_commit: 'on' },
  })
  const database = await cloneDatabase(primary.url, primary.template)
  const replica = await startTestReplica(primary)
  const url = withDatabase(replica.url, new URL(database.url).pathname.slice(1))
  const bus = createMemoryBus()
  const startNode = (): Promise<TestPlatform> =>
    startTestPlatform({
      databaseUrl: database.url,
      bus: bus.connect(),
      config: {
        'auth.email.enable_confirmations': false,
        'basalt.db.read_preference': 'replica',
        'basalt.db.replicas': { one: { url, weight: 1, max_lag: 10_000 } },
      },
    })
  const server = await startNode()
  await server.script(schema)
  const askAt =
    (node: TestPlatform): Ask =>
    async (method, path, body = null, headers = {}) => {
      const response = await node.platform.fetch(new URL(path, node.url), {
        method,
        headers: {
          apikey: node.platform.keys.anonKey,
          'content-type': 'application/json',
          ...headers,
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        json: text === '' ? null : (JSON.parse(text) as unknown),
      }
    }
  const ask = askAt(server)
  const user = (name: string, at = server): Ask => {
    const authorization = `Bearer ${tokenOf(server.platform.keys.jwtSecret, name)}`
    return (method, path, body, headers) =>
      askAt(at)(method, `/rest/v1${path}`, body, { authorization, ...headers })
  }
  const reads = async () => {
    const text = await metricsOf(server)
    const read = (name: string): number =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
    const of = (pool: string): string => `\\{project="default",pool="${pool}"\\}`
    return {
      primary: read(`database_reads${of('api')}`),
      replica: read(`database_reads${of('replica-one')}`),
      up: read(`database_replica_up${of('replica-one')}`),
    }
  }
  const isUsed = (): Promise<void> =>
    vi.waitFor(
      async () => {
        const { replica: before } = await reads()
        await user('nobody')('GET', '/notes?limit=1')
        if ((await reads()).replica === before) throw new Error('the replica is not used')
      },
      { timeout: 15_000, interval: 50 },
    )
  return {
    server,
    replica,
    ask,
    user,
    secondNode: startNode,
    reads,
    isUsed,
    stopReplicaBackends: (signal) => {
      const list = execFileSync('ps', ['-o', 'pid=', '--ppid', String(replica.pid)], {
        encoding: 'utf8',
      })
      const pids = list.split(/\s+/).filter(Boolean).map(Number)
      const send = (which: NodeJS.Signals): void => {
        for (const pid of pids) process.kill(pid, which)
      }
      send(signal)
      return send
    },
    close: async () => {
      await server.close()
      await replica.discard()
      await primary.stop()
    },
  }
}

async function metricsOf({ platform }: TestPlatform): Promise<string> {
  const cancellation = { cancelled: false, onCancel: () => () => {} }
  const body = { read: () => Promise.resolve(new Uint8Array()), stream: async function* () {} }
  const asked = { method: 'GET', path: '/metrics', query: '', headers: {}, remoteAddress: '' }
  const { body: text } = await platform.handleAdmin({ ...asked, cancellation, body })
  return typeof text === 'string' ? text : ''
}

function tokenOf(secret: string, name: string): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1000) + 3600
  const claims = { role: 'authenticated', sub: name, exp }
  const head = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
}
