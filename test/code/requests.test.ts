/** Jobs that users ask for themselves, by supabase-js: no more of them wait, and no more is written down of them, than has a use. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
let repository: string
beforeAll(async () => {
  service = await startTestService({ works: false })
  ann = await service.signUp('ann')
  const row = { name: 'mine', git_url: 'https://git.example.com/mine.git' }
  const { data } = await ann.client.from('repositories').insert(row).select('id').single()
  repository = (data as { id: string }).id
})
afterAll(() => service.close())

const ask = (branch: string) => ann.client.rpc('request_indexing', { repository, branch })

test('a hundred jobs of a repository wait at most, whatever their branches, and the next one is refused with a reason', async () => {
  const answers = await Promise.all(Array.from({ length: 110 }, (_, index) => ask(`b${index}`)))
  expect(answers.filter(({ error }) => error === null)).toHaveLength(100)
  expect((await ask('one-more')).error).toMatchObject({
    code: '42501',
    message: 'a hundred jobs of this repository that were asked for wait already',
    hint: 'Wait until one has ended, or cancel one.',
  })
  const path = `/api/v1/repositories/${repository}/index`
  const { status, body } = await service.ask(path, ann.key, {
    method: 'POST',
    body: { branch: 'by-api' },
  })
  expect([status, body.error_type]).toEqual([403, 'permission_denied'])
})

test('a job that runs is asked once to end, and that is written down once', async () => {
  const { data: job } = await ann.client.from('indexing_jobs').select('id').limit(1).single()
  const { id } = job as { id: string }
  await service.platform.script(
    `update indexing_jobs set status = 'in_progress', lease = gen_random_uuid(), heartbeat_at = now() where id = '${id}'`,
  )
  for (let time = 0; time < 3; time++)
    expect((await ann.client.rpc('cancel_indexing_job', { job: id })).data).toBe('in_progress')
  const events = ann.client.from('indexing_job_events').select('event_type').eq('job_id', id)
  const { data } = await events.eq('event_type', 'cancel_requested')
  expect(data).toHaveLength(1)
})
