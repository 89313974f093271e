/** `node examples/embedded/serve.mjs`: bundles the page and serves it on 127.0.0.1. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Gives the page's URL and `close`. */
export async function servePage(port = 0) {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.mjs')],
    bundle: true,
    format: 'esm',
    write: false,
    conditions: ['source'],
    define: { global: 'globalThis' },
  })
  const files = {
    '/': ['text/html', await readFile(join(import.meta.dirname, 'page.html'))],
    '/page.js': ['text/javascript', outputFiles[0].contents],
  }
  const server = createServer(({ url }, response) => {
    const [type, body] = files[url] ?? ['text/plain', 'not found']
    response.writeHead(files[url] ? 200 : 404, { 'content-type': type }).end(body)
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}

if (process.argv[1] === import.meta.filename) console.log((await servePage(8080)).url)
