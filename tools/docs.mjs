/** `npm run docs`: writes the generated pages and the layer table; `--check` only says which are stale. Needs a build. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import {
  renderAdminClient,
  renderConfigDocs,
  renderErrorDocs,
  renderRestDocs,
} from '@basalt/server/docs'
import { layers } from '../layers.mjs'

const layerRows = Object.entries(layers)
  .map(
    ([module, allowed]) =>
      `| \`${module}\` | ${allowed.map((name) => `\`${name}\``).join(' ') || 'nothing'} |`,
  )
  .join('\n')
const architecture = readFileSync('ARCHITECTURE.md', 'utf8').replace(
  /(<!-- layers -->\n)[^]*?(<!-- \/layers -->)/,
  `$1\n| module | may import |\n| --- | --- |\n${layerRows}\n\n$2`,
)

const pages = {
  'docs/config.md': renderConfigDocs(),
  'docs/rest-config.md': renderRestDocs(),
  'docs/errors.md': renderErrorDocs(),
  'ARCHITECTURE.md': architecture,
  'packages/studio/src/api/admin-routes.ts': renderAdminClient(),
}

const checkOnly = process.argv.includes('--check')
for (const [path, text] of Object.entries(pages)) {
  const current = existsSync(path) ? readFileSync(path, 'utf8') : ''
  if (current === text) continue
  if (checkOnly) {
    console.log(`${path} is stale: run npm run docs`)
    process.exitCode = 1
  } else {
    writeFileSync(path, text)
    console.log(`wrote ${path}`)
  }
}
