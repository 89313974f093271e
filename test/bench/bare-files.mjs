/** The reference of the storage bench: files read and written by a bare node:http server. Prints its port; argument: a folder. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'

const folder = process.argv[2]
const server = createServer((request, response) => {
  const file = join(folder, request.url.slice(1))
  const answer = request.method === 'GET' ? read(file, response) : write(file, request, response)
  answer.catch((error) => response.destroy(error))
})

async function read(file, response) {
  if (!file.endsWith('.large')) {
    const bytes = await readFile(file)
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    return
  }
  const handle = await open(file)
  const { size } = await handle.stat()
  response.writeHead(200, { 'content-length': size })
  createReadStream('', { fd: handle, highWaterMark: 262_144 }).pipe(response)
}

/** With an ETag, synced, whole or not at all: what a store has to do. */
async function write(file, request, response) {
  const handle = await open(`${file}.tmp`, 'w')
  const hash = createHash('md5')
  for await (const chunk of request) {
    hash.update(chunk)
    await handle.write(chunk)
  }
  await handle.datasync()
  await handle.close()
  await rename(`${file}.tmp`, file)
  const body = JSON.stringify({ etag: hash.digest('hex') })
  response.writeHead(200, { 'content-length': body.length }).end(body)
}

server.listen(0, '127.0.0.1', () => console.log(server.address().port))
