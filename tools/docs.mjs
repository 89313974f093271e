/** `npm run docs`: writes the generated pages; `--check` only says which are stale. Needs a build. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { renderConfigDocs, renderErrorDocs } from '@basalt/server/docs'

const pages = {
  'docs/config.md': renderConfigDocs(),
  'docs/errors.md': renderErrorDocs(),
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
