/** Deliveries as GitHub makes them: taken once, signed, and each kind in its way. */
import { createHmac, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import examples from '@octokit/webhooks-examples'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

interface Payload {
  readonly ref?: string
  readonly deleted?: boolean
}
interface Example {
  readonly name: string
  readonly examples: readonly Payload[]
}
const examplesOf = (name: string) =>
  (examples as unknown as readonly Example[]).find((one) => one.name === name)?.examples ?? []

let service: TestService
let ann: TestUser
let repository: { id: string; webhook_secret: string }
beforeAll(async () => {
  // without a worker: what is queued stays so
  service = await startTestService({
    works: false,
    environment: { CODE_ALLOWED_HOSTS: 'github.com' },
  })
  ann = await service.signUp('ann')
  const made = await service.ask('/api/v1/repositories', ann.key, {
    method: 'POST',
    body: { git_url: 'https://github.com/Codertocat/Hello-World.git' },
  })
  // the name of its host is not looked up where there is no network
  if (made.status === 201) repository = made.body as never
  else repository = await insertDirectly(ann)
})
afterAll(() => service.close())

async function insertDirectly(user: TestUser) {
  const { data } = await user.client
    .from('repositories')
    .insert({
      name: 'Codertocat/Hello-World',
      git_url: 'https://github.com/Codertocat/Hello-World.git',
    })
    .select('id')
    .single()
  const { id } = data as { id: string }
  const rotated = await service.ask(`/api/v1/repositories/${id}/rotate-secret`, user.key, {
    method: 'POST',
  })
  return { id, webhook_secret: rotated.body.webhook_secret }
}

const deliveries = async () =>
  (await ann.client.from('webhook_deliveries').select('delivery_id, event_type, status, payload'))
    .data
const jobsOf = (deliveryId: string) =>
  service.platform.count(
    `select count(*)::int as n from indexing_jobs join webhook_deliveries d on d.id = indexing_jobs.delivery_id where d.delivery_id = '${deliveryId}'`,
  )

function push(changes: object) {
  const [example] = examplesOf('push')
  return { ...example, ref: 'refs/heads/master', deleted: false, ...changes }
}

test('every example of every event is taken and stored, and nothing but pushes of the branch queued', async () => {
  let queued = 0
  for (const { name, examples: payloads } of examples as unknown as readonly Example[])
    for (const payload of payloads.slice(0, 2)) {
      const { status, body } = await service.deliver(repository, name, payload)
      expect([200, 202], `${name}: ${JSON.stringify(body)}`).toContain(status)
      if (body.status === 'queued') queued++
      else
        expect(name === 'push' && payload.ref === 'refs/heads/master' && !payload.deleted).toBe(
          false,
        )
    }
  expect(
    await service.platform.count(
      'select count(*)::int as n from indexing_jobs where delivery_id is not null',
    ),
  ).toBe(queued)
  expect((await deliveries())?.length).toBeGreaterThan(50)
})

test('ping is processed', async () => {
  const { status, body } = await service.deliver(repository, 'ping', examplesOf('ping')[0])
  expect([status, body.status]).toEqual([200, 'processed'])
})

test('a push aggregates its commits, and the same delivery twice or at once makes one job', async () => {
  const id = randomUUID()
  const payload = push({
    forced: true,
    commits: [
      { added: ['a', 'b'], modified: ['c'], removed: ['d'] },
      { added: ['d'], modified: ['a', 'e'], removed: ['b', 'c'] },
    ],
  })
  const all = await Promise.all(
    Array.from({ length: 8 }, () => service.deliver(repository, 'push', payload, id)),
  )
  expect(all.filter(({ body }) => body.status === 'duplicate').length).toEqual(7)
  expect(await jobsOf(id)).toBe(1)
  const { data } = await ann.client
    .from('indexing_jobs')
    .select('job_type, payload')
    .eq('payload->>forced', 'true')
  expect(data).toMatchObject([
    {
      job_type: 'incremental_update',
      payload: { added: ['a'], modified: ['d', 'e'], removed: ['c'], forced: true },
    },
  ])
})

test('tags, other branches and deleted branches make no job', async () => {
  for (const [changes, status] of [
    [{ ref: 'refs/tags/v1' }, 'ignored'],
    [{ ref: 'refs/heads/feature' }, 'ignored'],
    [{ deleted: true, after: '0'.repeat(40) }, 'processed'],
  ] as const) {
    const id = randomUUID()
    expect((await service.deliver(repository, 'push', push(changes), id)).body.status).toBe(status)
    expect(await jobsOf(id)).toBe(0)
  }
  const { data } = await ann.client
    .from('repositories')
    .select('sync_state')
    .eq('id', repository.id)
  expect(data).toEqual([{ sync_state: 'branch_deleted' }])
})

test('a renamed repository is followed within its host, and nowhere else', async () => {
  const rename = (clone_url: string, full_name: string) =>
    service.deliver(repository, 'repository', {
      action: 'renamed',
      repository: { clone_url, full_name },
    })
  const state = async () =>
    (await ann.client.from('repositories').select('name, git_url').eq('id', repository.id))
      .data?.[0]
  expect(
    (await rename('https://github.com/Codertocat/New-Name.git', 'Codertocat/New-Name')).status,
  ).toBe(200)
  const renamed = {
    name: 'Codertocat/New-Name',
    git_url: 'https://github.com/Codertocat/New-Name.git',
  }
  expect(await state()).toEqual(renamed)
  await rename('https://elsewhere.example/x.git', 'x')
  await rename('file:///etc', 'x')
  expect(await state()).toEqual(renamed)
})

test('what is not signed with the secret is refused and stored nowhere', async () => {
  const before = (await deliveries())?.length
  const forged = { ...repository, webhook_secret: 'whsec_guess' }
  expect((await service.deliver(forged, 'push', push({}))).status).toBe(401)
  expect(
    (await service.deliver({ ...repository, id: randomUUID() }, 'push', push({}))).status,
  ).toBe(404)
  expect((await service.deliver({ ...repository, id: 'x' }, 'push', push({}))).status).toBe(404)
  expect((await deliveries())?.length).toBe(before)
  const { body } = await service.ask(
    `/api/v1/repositories/${repository.id}/rotate-secret`,
    ann.key,
    { method: 'POST' },
  )
  expect((await service.deliver(repository, 'ping', {})).status).toBe(401)
  repository = { id: repository.id, webhook_secret: body.webhook_secret }
  expect((await service.deliver(repository, 'ping', {})).status).toBe(200)
})

test('of what is longer than names, commits and paths are nothing is kept in jobs, nor answered', async () => {
  const id = randomUUID()
  const long = 'x'.repeat(2_000_000)
  const odd = push({ before: long, commits: [{ added: [long], modified: ['a.ts'] }] })
  expect((await service.deliver(repository, 'push', odd, id)).status).toBe(202)
  const { data } = await ann.client.from('indexing_jobs').select('payload')
  const lengths = (data ?? []).map(({ payload }) => JSON.stringify(payload).length)
  expect(Math.max(...lengths)).toBeLessThan(10_000)
  const named = push({ repository: { default_branch: long }, ref: `refs/heads/${long}` })
  expect((await service.deliver(repository, 'push', named)).body).toMatchObject({
    status: 'ignored',
    reason: 'not of a branch',
  })
})

test('a payload with characters that PostgreSQL does not store is stored all the same', async () => {
  const id = randomUUID()
  const odd = push({ commits: [{ added: ['a\0b', '\ud800'], modified: [], removed: [] }] })
  expect((await service.deliver(repository, 'push', odd, id)).status).toBe(202)
  expect(await jobsOf(id)).toBe(1)
})

test('large deliveries that nobody signed have so much room, and small ones go on beside them', async () => {
  const statuses: (number | undefined)[] = []
  const path = `${service.url}/webhooks/github/${repository.id}`
  const requests = Array.from({ length: 8 }, () => {
    const headers = { 'content-length': 26_214_400 }
    const sent = request(path, { method: 'POST', headers })
    sent.on('error', () => {})
    sent.on('response', ({ statusCode }) => void statuses.push(statusCode))
    sent.write(Buffer.alloc(26_000_000))
    return sent
  })
  await expect.poll(() => statuses, { interval: 10, timeout: 15_000 }).toEqual([503, 503, 503])
  expect((await service.deliver(repository, 'ping', {})).status).toBe(200)
  for (const sent of requests) sent.destroy()
  const large = () => service.deliver(repository, 'ping', { zen: 'x'.repeat(20_000_000) })
  await expect.poll(async () => (await large()).status, { timeout: 15_000 }).toBe(200)
})

test('who signs more than 64 MB in a minute waits, and others do not', async () => {
  const bob = await service.signUp('bob')
  const his = await insertDirectly(bob)
  const large = { zen: 'x'.repeat(25_000_000) }
  // at once: a slow machine has room for another one when it is through with the first two
  const four = await Promise.all([1, 2, 3, 4].map(() => service.deliver(his, 'ping', large)))
  const refused = four.filter(({ status }) => status !== 200)
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]).toMatchObject({ status: 429, body: { error_type: 'rate_limited' } })
  expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
  const cy = await service.signUp('cy')
  expect((await service.deliver(await insertDirectly(cy), 'ping', large)).status).toBe(200)
})

test('behind a hundred jobs that wait a push needs none of its own', async () => {
  const wait = (branch: string) =>
    service.platform.script(`insert into public.indexing_jobs (repository_id, job_type, payload)
      select '${repository.id}', 'incremental_update', '${branch}' from generate_series(1, 100)`)
  await wait('{"branch": "another"}')
  const first = randomUUID()
  expect((await service.deliver(repository, 'push', push({}), first)).body.status).toBe('queued')
  await wait('{}')
  const second = randomUUID()
  expect((await service.deliver(repository, 'push', push({}), second)).body).toMatchObject({
    status: 'processed',
    reason: '100 jobs wait that index this commit, too',
  })
  expect([await jobsOf(first), await jobsOf(second)]).toEqual([1, 0])
  await service.platform.script('delete from public.indexing_jobs where delivery_id is null')
})

test('a form is taken as GitHub sends it where nobody chose JSON', async () => {
  const id = randomUUID()
  const body = new URLSearchParams({ payload: JSON.stringify(push({ forced: false })) }).toString()
  const post = (text: string, delivery: string) =>
    fetch(`${service.url}/webhooks/github/${repository.id}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-github-event': 'push',
        'x-github-delivery': delivery,
        'x-hub-signature-256': `sha256=${createHmac('sha256', repository.webhook_secret).update(text).digest('hex')}`,
      },
      body: text,
    })
  expect((await post(body, id)).status).toBe(202)
  expect(await jobsOf(id)).toBe(1)
  expect((await post('payload=', randomUUID())).status).toBe(400)
  expect((await post('other=1', randomUUID())).status).toBe(400)
})

test('another default branch is indexed, where none was chosen', async () => {
  const edited = {
    action: 'edited',
    changes: { default_branch: { from: 'master' } },
    repository: { default_branch: 'trunk' },
  }
  const id = randomUUID()
  const { body } = await service.deliver(repository, 'repository', edited, id)
  expect(body.status).toBe('queued')
  expect(await jobsOf(id)).toBe(1)
  const described = { action: 'edited', changes: { description: { from: 'old' } } }
  expect((await service.deliver(repository, 'repository', described)).body.status).toBe('ignored')
  await ann.client.from('repositories').update({ default_branch: 'kept' }).eq('id', repository.id)
  expect((await service.deliver(repository, 'repository', edited)).body.status).toBe('ignored')
})
