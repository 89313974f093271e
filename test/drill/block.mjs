/**
 * `npm run drill:block`: the worst bodies of every content type to every kind of endpoint, and the longest that `/health`
 * took meanwhile, asked from another process. Exits 1 where it took 50 ms longer than at rest, or memory grew past 600 MB.
 */
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createProject, startProject } from '../bench/bench-project.mjs'
import { bodies } from './block-bodies.mjs'

const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const secret = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz'
const allowedMs = 50
const allowedMb = 600
const atOnce = 3

const paths = [
  '/rest/v1/items',
  '/rest/v1/rpc/nothing_like_it',
  '/rest/v1/rpc/transaction',
  '/auth/v1/signup',
  '/auth/v1/token?grant_type=password',
  '/auth/v1/verify',
  '/auth/v1/oauth/token',
  '/auth/v1/sso/saml/acs',
  '/admin/v1/projects/default/config',
]

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
  for (const path of paths)
    for (const [name, type, body] of bodies(Number(process.argv[2] ?? 15))) {
      await ask('reset')
      const statuses = await Promise.all(
        Array.from({ length: atOnce }, () => send(path, type, body)),
      )
      const { max } = await ask('reset')
      highestMb = Math.max(highestMb, rssMb(running.pid))
      worst.push({
        path,
        name,
        max,
        statuses: [...new Set(statuses)].map((status) => `${status}`).join(' '),
      })
    }
  worst.sort((a, b) => b.max - a.max)
  for (const { path, name, max, statuses } of worst.slice(0, 15))
    console.log(max.toFixed(1).padStart(8), 'ms ', path, name, statuses)
  console.log(`${worst.length} bodies, ${atOnce} at once; Node at its highest ${highestMb} MB`)
  watcher.kill()
  if (worst[0].max > rest + allowedMs || highestMb > allowedMb) process.exitCode = 1
} finally {
  await running?.stop()
  project.remove()
}

function send(path, type, body) {
  return new Promise((resolve) => {
    const headers = {
      apikey: path.startsWith('/admin') ? secret : key,
      ...(path.startsWith('/admin') ? { authorization: `Bearer ${secret}` } : {}),
      'content-type': type,
      'content-length': body.length,
    }
    const method = path.startsWith('/admin') ? 'PATCH' : 'POST'
    const sent = request(
      { host: '127.0.0.1', port: project.ports.api, path, method, headers },
      (response) => {
        response.resume()
        response.once('end', () => resolve(response.statusCode))
        response.once('error', () => resolve('cut'))
      },
    )
    sent.once('error', () => resolve('cut'))
    sent.end(body)
  })
}

function rssMb(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
}
