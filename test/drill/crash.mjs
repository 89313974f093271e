/**
 * `npm run drill [-- rounds]`: kill -9 of everything under write load, again and again. After each restart every
 * insert that was answered with 201 must be there. Exits 1 at the first that is not.
 */
import { request as httpRequest, Agent } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { createProject, loadSchema, startProject, userToken } from '../bench/bench-project.mjs'

const rounds = Number(process.argv[2] ?? 5)
const writers = 16
const key = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const authorization = `Bearer ${userToken()}`

const project = await createProject()
const acknowledged = new Set()
let nextId = 1
try {
  let running = await startProject(project)
  await loadSchema(project)
  for (let round = 1; round <= rounds; round++) {
    const killAfterMs = 300 + Math.random() * 1200
    await writeUntilKilled(running.pid, killAfterMs)
    running = await startProject(project)
    const found = await readIds()
    const lost = [...acknowledged].filter((id) => !found.has(id))
    console.log(
      `round ${round}: killed after ${killAfterMs.toFixed(0)} ms of load, ready again in ${running.readyMs.toFixed(0)} ms, ${acknowledged.size} acknowledged, ${found.size} found, ${lost.length} lost`,
    )
    if (lost.length > 0) {
      process.exitCode = 1
      break
    }
  }
  await running.stop()
} finally {
  project.remove()
}

async function writeUntilKilled(pid, killAfterMs) {
  const agent = new Agent({ keepAlive: true, maxSockets: writers })
  let killed = false
  const write = async () => {
    while (!killed) {
      const id = nextId++
      const status = await send(agent, 'POST', '/rest/v1/events', {
        id,
        body: `event ${id}`,
      }).catch(() => 0)
      if (status === 201) acknowledged.add(id)
    }
  }
  const done = Promise.all(Array.from({ length: writers }, write))
  await new Promise((resolve) => setTimeout(resolve, killAfterMs))
  // parent and children in one go, the parent first: nobody gets to say good-bye
  for (const victim of familyOf(pid)) {
    try {
      process.kill(victim, 'SIGKILL')
    } catch {
      // its parent's death was quicker
    }
  }
  killed = true
  await done
  agent.destroy()
}

function send(agent, method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = { apikey: key, authorization, 'content-type': 'application/json' }
    const request = httpRequest(
      { host: '127.0.0.1', port: project.ports.api, method, path, agent, headers },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode))
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(JSON.stringify(body))
  })
}

async function readIds() {
  const found = new Set()
  for (let from = 0; ; from += 1000) {
    const response = await fetch(
      `http://127.0.0.1:${project.ports.api}/rest/v1/events?select=id&order=id&limit=1000&offset=${from}`,
      { headers: { apikey: key, authorization } },
    )
    if (response.status !== 200)
      throw new Error(`reading back: ${response.status} ${await response.text()}`)
    const rows = await response.json()
    for (const { id } of rows) found.add(id)
    if (rows.length < 1000) return found
  }
}

function familyOf(root) {
  const parents = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // ended meanwhile
    }
  }
  const family = [root]
  for (const member of family)
    for (const [child, parent] of parents) if (parent === member) family.push(child)
  return family
}
