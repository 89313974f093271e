/** The app in a browser page, on the browser's IndexedDB; then the contract of engines on that engine. */
import * as library from '@basalt/docstore/browser'
import { engineSuite } from '@basalt/docstore/testing'
import { runApp } from './app.mjs'

async function runSuite() {
  const failures = []
  let count = 0
  const factory = async () => {
    const name = `suite-${count++}`
    return {
      engine: await library.openBrowserEngine(name),
      reopen: () => library.openBrowserEngine(name),
    }
  }
  for (const { name, run } of engineSuite(factory))
    await run().catch((error) => failures.push(`${name}: ${error.message}`))
  return { count, failures }
}

async function runPage() {
  const db = await library.openDocstore({ name: 'embedded' })
  const second = await library.openDocstore({ name: 'embedded' }).catch((error) => error.code)
  const result = await runApp({ db, auth: library.createAuth(db), library })
  await db.close()
  const again = await library.openDocstore({ name: 'embedded' })
  const kept = await again.count('todos')
  await again.close()
  return { result, second, kept, suite: await runSuite() }
}

const output = document.querySelector('pre')
runPage().then(
  (found) => (output.textContent = JSON.stringify(found, null, 2)),
  (error) => (output.textContent = `failed: ${error.stack}`),
)
