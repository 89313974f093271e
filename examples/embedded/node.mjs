/** `node examples/embedded/node.mjs [folder]`: the app in Node, on files. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as library from '@basalt/docstore'
import { runApp } from './app.mjs'

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'embedded-'))
const db = await library.openDocstore({ dataDir: folder })
try {
  console.log(await runApp({ db, auth: library.createAuth(db), library }))
} finally {
  await db.close()
  if (process.argv[2] === undefined) rmSync(folder, { recursive: true, force: true })
}
