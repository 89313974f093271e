/**
 * `node test/drill/timing.mjs [n]` (after a build): how long answers about known and unknown addresses take, in turn, n of each.
 * Twice: with the local inbox, and with mail leaving by `[auth.email.smtp]` through a server that takes its time.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from '../../packages/server/dist/base/config/index.js'
import { openInbox } from '../../packages/server/dist/services/inbox/index.js'
import { openLocalStack } from '../../packages/server/dist/host/node/local-stack.js'

const rounds = Number(process.argv[2] ?? 200)
const password = 'correct horse battery'
const limits = [
  'email_sent',
  'sms_sent',
  'anonymous_users',
  'token_refresh',
  'sign_in_sign_ups',
  'token_verifications',
].map((name) => [`auth.rate_limit.${name}`, 1_000_000])
const base = {
  ...Object.fromEntries(limits),
  'auth.email.enable_confirmations': true,
  'auth.email.max_frequency': 0,
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]

function describe(times) {
  const sorted = times.toSorted((a, b) => a - b)
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const [p50, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)]
  return { mean, text: `mean ${mean.toFixed(2)} p50 ${p50.toFixed(2)} p95 ${p95.toFixed(2)}` }
}

/** How often the slower of a pair is the known one; 0.5 tells nothing. */
function advantage(known, unknown) {
  const slower = known.filter((time, i) => time > unknown[i]).length
  return (slower / known.length).toFixed(2)
}

async function drill(name, config, inboxPort) {
  const workdir = mkdtempSync(join(tmpdir(), 'basalt-timing-'))
  mkdirSync(join(workdir, 'supabase'))
  const log = { debug() {}, info() {}, warn() {}, error: (...said) => console.log(...said) }
  const stack = await openLocalStack({
    workdir,
    config: defineConfig({ ...base, ...config, 'db.port': await freePort() }),
    log,
    inboxPort,
    onWarning: () => {},
    onProgress: () => {},
    onFailure: (error) => console.log(error),
  })
  const { platform } = stack
  const { keys } = platform
  const call = async (path, body, bearer = keys.anonKey) => {
    const started = performance.now()
    const response = await platform.fetch(`http://in.process/auth/v1${path}`, {
      method: 'POST',
      headers: { apikey: keys.anonKey, authorization: `Bearer ${bearer}` },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    return { ms: performance.now() - started, status: response.status, text }
  }
  const email = (kind, i) => `${kind}${i}@example.com`
  try {
    for (let i = 0; i < rounds; i++) {
      const account = { email: email('known', i), password, email_confirm: true }
      const { status, text } = await call('/admin/users', account, keys.serviceRoleKey)
      if (status !== 200) throw new Error(text)
    }
    const asks = {
      '/recover': (address) => call('/recover', { email: address }),
      '/resend': (address) => call('/resend', { type: 'signup', email: address }),
      '/token (wrong password)': (address) =>
        call('/token?grant_type=password', { email: address, password: 'wrong password' }),
      '/signup': (address) => call('/signup', { email: address, password }),
      '/otp': (address) => call('/otp', { email: address }),
    }
    for (const [what, ask] of Object.entries(asks)) {
      const known = []
      const unknown = []
      for (let i = -20; i < rounds; i++) {
        // in either order, so that what the first leaves behind meets both
        const stranger = () => ask(email(`unknown${what.length}-`, i + 100))
        const friend = () => ask(email('known', Math.abs(i)))
        const pair =
          i % 2 === 0 ? [await friend(), await stranger()] : [await stranger(), await friend()]
        const [a, b] = i % 2 === 0 ? pair : pair.toReversed()
        if (a.status !== b.status) throw new Error(`${what}: ${a.text} and ${b.text}`)
        if (i < 0) continue
        known.push(a.ms)
        unknown.push(b.ms)
      }
      const [one, other] = [describe(known), describe(unknown)]
      console.log(
        `${name} ${what}: known ${one.text} · unknown ${other.text} · difference of means ${(one.mean - other.mean).toFixed(2)} ms · known slower in ${advantage(known, unknown)} of pairs`,
      )
    }
  } finally {
    await stack.close()
    rmSync(workdir, { recursive: true, force: true })
  }
}

const inbox = await openInbox({ host: '127.0.0.1', smtpPort: 0 })
try {
  await drill('inbox', {}, inbox.smtpPort)
  await drill(
    'smtp',
    {
      'auth.email.smtp.enabled': true,
      'auth.email.smtp.host': '127.0.0.1',
      'auth.email.smtp.port': inbox.smtpPort,
      'auth.email.smtp.admin_email': 'a@x.co',
    },
    null,
  )
} finally {
  await inbox.close()
}
