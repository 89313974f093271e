/** Runs load.mjs as a process of its own and returns what it measured. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('load.mjs', import.meta.url))

export async function runLoad(plan) {
  const child = spawn(process.execPath, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(JSON.stringify(plan))
  let output = ''
  for await (const chunk of child.stdout) output += chunk
  return JSON.parse(output)
}
