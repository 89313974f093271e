/**
 * `npm run drill:block`: the worst bodies of every content type to every kind of endpoint, and the longest that `/health`
 * took meanwhile, asked from another process. Exits 1 where it took 50 ms longer than at rest, or memory grew past 600 MB.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import WebSocket from 'ws'
import { createProject, startProject } from '../bench/bench-project.mjs'
import { bodies } from './block-bodies.mjs'

const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const secret = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
const allowedMs = 50
const allowedMb = 600
const atOnce = 3

const endpoints = [
  'POST /rest/v1/items',
  'POST /rest/v1/rpc/nothing_like_it',
  'POST /rest/v1/rpc/transaction',
  'POST /auth/v1/signup',
  'POST /auth/v1/token?grant_type=password',
  'POST /auth/v1/verify',
  'POST /auth/v1/oauth/token',
  'POST /auth/v1/sso/saml/acs',
  'PATCH /admin/v1/projects/default/config',
  'POST /storage/v1/bucket',
  'POST /storage/v1/object/drill/upload',
  'POST /storage/v1/object/list/drill',
  'DELETE /storage/v1/object/drill',
  'POST /storage/v1/object/sign/drill',
  'POST /storage/v1/upload/resumable',
  'POST /storage/v1/s3/drill?delete',
  'POST /realtime/v1/api/broadcast',
  'WS /realtime/v1/websocket?vsn=1.0.0',
  'WS /realtime/v1/websocket?vsn=2.0.0',
]
/** These are asked with the secret key: what they do with a body comes behind their rights. */
const forOperators = /^\/(admin|storage|realtime)\//

const project = await createProject({})
let running
try {
  running = await startProject(project)
  const watcher = fork(new URL('./block-watcher.mjs', import.meta.url), [String(project.ports.api)])
  const ask = (what) =>
    new Promise((resolve) => {
      watcher.once('message', resolve)
      watcher.send(what)
    })
  await ask('reset')
  await new Promise((resolve) => setTimeout(resolve, 2_000))
  const rest = (await ask('reset')).max
  console.log(`at rest /health takes at most ${rest.toFixed(1)} ms`)
  const worst = []
  let highestMb = 0
  await send('POST', '/storage/v1/bucket', 'application/json', '{"name":"drill"}')
  for (const endpoint of endpoints)
    for (const [name, type, body] of bodies(Number(process.argv[2] ?? 15))) {
      const [method, path] = endpoint.split(' ')
      const once = () => (method === 'WS' ? sendFrame(path, body) : send(method, path, type, body))
      await ask('reset')
      const statuses = await Promise.all(Array.from({ length: atOnce }, once))
      const { max } = await ask('reset')
      highestMb = Math.max(highestMb, rssMb(running.pid))
      worst.push({
        endpoint,
        name,
        max,
        statuses: [...new Set(statuses)].map((status) => `${status}`).join(' '),
      })
    }
  worst.sort((a, b) => b.max - a.max)
  for (const { endpoint, name, max, statuses } of worst.slice(0, 15))
    console.log(max.toFixed(1).padStart(8), 'ms ', endpoint, name, statuses)
  console.log(`${worst.length} bodies, ${atOnce} at once; Node at its highest ${highestMb} MB`)
  watcher.kill()
  if (worst[0].max > rest + allowedMs || highestMb > allowedMb) process.exitCode = 1
} finally {
  await running?.stop()
  project.remove()
}

function send(method, path, type, body) {
  return new Promise((resolve) => {
    const headers = {
      apikey: forOperators.test(path) ? secret : key,
      ...(forOperators.test(path) ? { authorization: `Bearer ${secret}` } : {}),
      'content-type': type,
      'content-length': body.length,
    }
    const sent = request(
      { host: '127.0.0.1', port: project.ports.api, path, method, headers },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode))
        response.once('close', () => resolve('cut'))
      },
    )
    sent.once('error', () => resolve('cut'))
    sent.end(body)
  })
}

/** One frame of it, as text; resolves with the code of the close, or `kept` when a heartbeat behind it is answered. */
function sendFrame(path, body) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${project.ports.api}${path}&apikey=${secret}`)
    const isArray = path.includes('2.0.0')
    socket.once('open', () => {
      socket.send(body, { binary: false })
      const beat = isArray
        ? [null, '1', 'phoenix', 'heartbeat', {}]
        : { topic: 'phoenix', event: 'heartbeat', payload: {}, ref: '1' }
      socket.send(JSON.stringify(beat))
    })
    socket.on('message', () => {
      resolve('kept')
      socket.terminate()
    })
    socket.once('close', (code) => resolve(code))
    socket.once('error', () => resolve('cut'))
  })
}

function rssMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
