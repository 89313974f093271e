import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('load-tracing.mjs', import.meta.url))

/** `200 0`: the status of a request, and the modules of OpenTelemetry that were loaded. */
async function serveWith(options: object): Promise<string> {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-load-'))
  mkdirSync(join(workdir, 'supabase'))
  try {
    const asked = [script, workdir, JSON.stringify(options)]
    return (await promisify(execFile)(process.execPath, asked)).stdout.trim()
  } finally {
    rmSync(workdir, { recursive: true, force: true })
  }
}

test('OpenTelemetry is loaded where requests are traced, and nowhere else', async () => {
  const off = serveWith({ 'basalt.log.slow_request': 1_000 })
  const on = serveWith({ 'basalt.observability.tracing.endpoint': 'http://127.0.0.1:1' })
  expect(await off).toBe('200 0')
  expect(await on).toMatch(/^200 [1-9]/)
})
