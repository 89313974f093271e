import { EventEmitter, once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import { afterEach, expect, test } from 'vitest'
import { createMcpServer } from './create-mcp-server.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function connect(answer: RequestListener): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair()
  await createMcpServer({ url: await serve(answer), apiKey: 'secret' }).connect(ours)
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(theirs)
  closing.push(() => client.close())
  return client
}

const list = { name: 'list_repositories', arguments: {} }
const error = (text: RegExp) => ({
  isError: true,
  content: [{ text: expect.stringMatching(text) as string }],
})

test('an answer without an end is read as far as an answer goes', async () => {
  let sent = 0
  const client = await connect((_, response) => {
    const part = Buffer.alloc(1_048_576, 'a')
    const send = (): void => {
      for (; sent < 1_000 && response.write(part);) sent++
      sent++
    }
    response.on('drain', send)
    send()
  })
  expect(await client.callTool(list)).toMatchObject(error(/answered more than 32 MB/))
  expect(sent).toBeLessThan(100)
})

test('a page of a proxy is told as one', async () => {
  const client = await connect((_, response) => {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html>bad gateway</html>')
  })
  expect(await client.callTool(list)).toMatchObject(error(/answered 502, and no JSON/))
})

test('the key goes nowhere else', async () => {
  const asked: unknown[] = []
  const other = await serve((request, response) => {
    asked.push(request.headers['x-api-key'])
    response.end('{}')
  })
  const client = await connect((_, response) => {
    response.writeHead(307, { location: other }).end()
  })
  expect(await client.callTool(list)).toMatchObject(error(/did not answer|answered 307/))
  expect(asked).toEqual([])
})

test('a call that is cancelled ends its request', { timeout: 15_000 }, async () => {
  const told = new EventEmitter()
  const [asked, ended] = [once(told, 'asked'), once(told, 'ended')]
  const client = await connect((_, response) => {
    response.once('close', () => told.emit('ended'))
    told.emit('asked')
  })
  const controller = new AbortController()
  const call = client.callTool(list, undefined, { signal: controller.signal })
  await asked
  controller.abort()
  await expect(call).rejects.toThrow('aborted')
  await ended
})
