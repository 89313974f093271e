/** Git servers that are none, or are cut off: what their users are told, and what is left on the worker's disk. */
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestService } from './test-service.ts'
import type { Body, TestService, TestUser } from './test-service.ts'

let service: TestService
let ann: TestUser
beforeAll(async () => {
  service = await startTestService({ environment: { CODE_ALLOWED_HOSTS: '127.0.0.1' } })
  ann = await service.signUp('ann')
})
afterAll(() => service.close())

const post = (path: string, body: object) => service.ask(path, ann.key, { method: 'POST', body })

async function ended(job: string): Promise<Body> {
  let body: Body | undefined
  const look = async () => {
    body = (await service.ask(`/api/v1/jobs/${job}`, ann.key)).body
    return body.status
  }
  await expect.poll(look, { interval: 30, timeout: 20_000 }).toMatch(/completed|failed/)
  return body as Body
}

const packsOf = (repository: string): string =>
  join(service.config.dataDir, 'git', `${repository}.git`, 'objects/pack')

/** One line of git's protocol. */
const line = (text: string): string => (text.length + 4).toString(16).padStart(4, '0') + text

const capabilities = ['version 2\n', 'ls-refs\n', 'fetch=shallow filter\n']
/** Says that it has `HEAD`, named so, and then `pack`. */
function speak(format: string, pack: string): RequestListener {
  const name = 'a'.repeat(format === 'sha1' ? 40 : 64)
  const told = [...capabilities, `object-format=${format}\n`].map(line).join('')
  return (request, response) => {
    const isFirst = request.url?.includes('/info/refs') === true
    const type = isFirst ? 'advertisement' : 'result'
    response.setHeader('content-type', `application/x-git-upload-pack-${type}`)
    if (isFirst) return response.end(`${line('# service=git-upload-pack\n')}0000${told}0000`)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    return request.once('end', () => {
      const isList = Buffer.concat(chunks).includes('command=ls-refs')
      response.end(isList ? `${line(`${name} HEAD\n`)}0000` : pack, 'latin1')
    })
  }
}

const moved: RequestListener = (_, response) =>
  response.writeHead(301, { location: 'https://git.example.com/' }).end()
const plain: RequestListener = (request, response) => {
  const refs = `${'a'.repeat(40)}\trefs/heads/main\n`
  const isHead = request.url?.endsWith('/HEAD') === true
  response.setHeader('content-type', 'text/plain').end(isHead ? 'ref: refs/heads/main\n' : refs)
}

test.each([
  ['has names by SHA-256', 'Repositories by SHA-256 are not taken yet.', speak('sha256', '')],
  ['has moved', 'The repository has moved: register it by its new URL.', moved],
  ['has files only', 'The server has files only, and does not speak with git.', plain],
])('a server that %s is asked once, and its user told', async (_, error_message, answer) => {
  const { url, close } = await serve(answer)
  const { body } = await post('/api/v1/repositories', { git_url: url })
  expect(await ended(body.job_id)).toMatchObject({ status: 'failed', attempts: 1, error_message })
  await close()
})

test('of what a server sends before it is cut off nothing is left', async () => {
  // three files are told, and the first one does not end
  const half = `\x01PACK\0\0\0\x02\0\0\0\x03\xbf\xff\xff\x03${'\x07'.repeat(3_000)}`
  const { url, close } = await serve(speak('sha1', line('packfile\n') + line(half)))
  const { body } = await post('/api/v1/repositories', { git_url: url })
  const tried = () => service.ask(`/api/v1/jobs/${body.job_id}`, ann.key)
  await expect
    .poll(async () => (await tried()).body.error_message, { timeout: 20_000 })
    .toMatch(/index-pack|early EOF/)
  expect(readdirSync(packsOf(body.id))).toEqual([])
  await close()
})

test('what was fetched for many pushes is fetched anew, so that it does not grow for ever', async () => {
  const origin = service.git.create('pushes')
  origin.commit({ 'a.ts': 'export const before = 1\n' })
  await origin.push()
  const made = (await post('/api/v1/repositories', { git_url: origin.url })).body
  expect(await ended(made.job_id)).toMatchObject({ status: 'completed' })
  const folder = packsOf(made.id)
  for (let index = 0; index < 100; index++) writeFileSync(join(folder, `pack-${index}.pack`), '')
  // of a worker that was killed
  writeFileSync(join(folder, 'tmp_pack_abcdef'), 'half')
  const again = await post(`/api/v1/repositories/${made.id}/index`, {})
  expect(await ended(again.body.job_id)).toMatchObject({ status: 'completed' })
  expect(readdirSync(folder).filter((name) => /^tmp_|\.pack$/.test(name))).toHaveLength(1)
})

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/x.git`,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
