import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { textResponse } from '#base/http'
import { readTls } from './read-tls.ts'
import { serve } from './serve.ts'
import type { Listening } from './serve.ts'

let workdir: string
let listening: Listening
const warned: string[] = []
const log = {
  debug: () => {},
  info: () => {},
  warn: (_: string, fields: object = {}) => void warned.push(JSON.stringify(fields)),
  error: () => {},
}
const config = defineConfig({
  'api.tls.enabled': true,
  'api.tls.cert_path': 'live/cert.pem',
  'api.tls.key_path': 'live/key.pem',
})

/** A certificate for `name` in a folder of its own. */
function issue(name: string): string {
  const folder = join(workdir, 'supabase', name)
  mkdirSync(folder, { recursive: true })
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const what = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-subj', `/CN=${name}`]
  const args = ['req', '-x509', '-nodes', '-days', '2', ...what, '-keyout', key, '-out', cert]
  execFileSync('openssl', args, { stdio: 'ignore' })
  return folder
}

/** As Kubernetes does: the link is replaced in one step. */
function turnTo(folder: string): void {
  const link = join(workdir, 'supabase/live')
  symlinkSync(folder, `${link}.new`)
  renameSync(`${link}.new`, link)
}

const served = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(
      { port: listening.port, host: '127.0.0.1', rejectUnauthorized: false },
      () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.end()
      },
    )
    socket.on('error', reject)
  })

beforeAll(async () => {
  workdir = mkdtempSync(join(tmpdir(), 'basalt-tls-'))
  turnTo(issue('first'))
  const tls = readTls(config, workdir, log, 20)
  listening = await serve({
    host: '127.0.0.1',
    port: 0,
    purpose: 'a test',
    portOption: 'api.port',
    handle: () => Promise.resolve(textResponse(200, 'ok')),
    ...(tls === null ? {} : { tls }),
    log,
    maxHeaderBytes: 16_384,
    headerTimeoutMs: 1_000,
    requestTimeoutMs: 1_000,
    keepAliveTimeoutMs: 1_000,
  })
})
afterAll(async () => {
  await listening.close(100)
  rmSync(workdir, { recursive: true })
})

test('a certificate that was renewed is served, one that is no pair is not', async () => {
  expect(await served()).toBe('first')
  turnTo(issue('second'))
  await expect.poll(served).toBe('second')
  const third = issue('third')
  const whole = readFileSync(join(third, 'cert.pem'), 'utf8')
  const second = join(workdir, 'supabase/second')
  // half of it, then all of it beside a key of another
  writeFileSync(join(second, 'cert.pem'), whole.slice(0, 200))
  await expect.poll(() => warned.length).toBe(1)
  writeFileSync(join(second, 'cert.pem'), whole)
  await expect.poll(() => warned.join()).toContain('the key is that of another certificate')
  expect(await served()).toBe('second')
  writeFileSync(join(second, 'key.pem'), readFileSync(join(third, 'key.pem')))
  await expect.poll(served).toBe('third')
})

test('a pipe in place of a certificate is not waited for', async () => {
  const folder = issue('piped')
  turnTo(folder)
  await expect.poll(served).toBe('piped')
  rmSync(join(folder, 'cert.pem'))
  execFileSync('mkfifo', [join(folder, 'cert.pem')])
  await expect.poll(() => warned.join()).toContain('is no file')
  expect(() => readTls(config, workdir, log)).toThrow('is no file')
  turnTo(issue('after it'))
  await expect.poll(served).toBe('after it')
})

test('a start with a key of another certificate says so', () => {
  const folder = issue('fourth')
  writeFileSync(join(folder, 'key.pem'), readFileSync(join(issue('fifth'), 'key.pem')))
  turnTo(folder)
  expect(() => readTls(config, workdir, log)).toThrow('the key is that of another certificate')
})
