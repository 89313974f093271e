import react from '@vitejs/plugin-react'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig } from 'vite'

/** `npm run dev -w packages/studio`: the page with hot reload, its server being a Basalt that runs (`STUDIO=http://127.0.0.1:54323`). */
// oxlint-disable-next-line no-process-env
const server = process.env['STUDIO'] ?? 'http://127.0.0.1:54323'

const quick = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }

/** Each file as `.br` and `.gz` beside it: the server sends what is there, and compresses nothing. */
const precompressed = {
  name: 'precompressed',
  apply: 'build',
  async closeBundle() {
    const folder = fileURLToPath(new URL('dist/', import.meta.url))
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    for (const path of files.filter((name) => /\.(js|css|svg)$/.test(name))) {
      const bytes = readFileSync(folder + path)
      writeFileSync(`${folder}${path}.br`, await promisify(brotliCompress)(bytes, quick))
      writeFileSync(`${folder}${path}.gz`, await promisify(gzip)(bytes))
    }
  },
}

export default defineConfig({
  plugins: [react(), precompressed],
  build: {
    target: 'es2023',
    // a `data:` address in CSS or script is what the policy of the page forbids
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: Object.fromEntries(
      ['/admin', '/studio'].map((path) => [
        path,
        { target: server, headers: { origin: server }, changeOrigin: true },
      ]),
    ),
  },
})
