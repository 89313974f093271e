/**
 * `npm run drill:realtime-kill [-- rounds [leader|redis|postgres|alone]]`: three nodes on one database, changes all the time, and in each round kill -9 of
 * the node that reads the log, of Redis, of Postgres. Every committed change must have reached every authorised client that was
 * connected, and those that came back with their last position; none an unauthorised one. Then the same with the only node there
 * is (`realtime-kill-alone.mjs`). Exits 1 when not.
 */
import { createNode, findLeader, openGround, pause, until } from './nodes.mjs'
import { killAlone } from './realtime-kill-alone.mjs'
import { Client, Writer, count, fail, owners, problems, schema } from './realtime-watch.mjs'

const rounds = Number(process.argv[2] ?? 2)
const wanted = process.argv[3]
const nodes = []
const clients = []
let ground
let writer

const nextNode = (node) => nodes[(nodes.indexOf(node) + 1) % nodes.length]
const createClient = (owner, node, comesBack = false) =>
  new Client(owner, node, { writer, comesBackTo: comesBack ? nextNode : null })

async function check(about, watched, since) {
  const { changes, tookMs, counts } = await count(ground, watched, since)
  let [lost, twice, gaps] = [0, 0, 0]
  for (const { client, missing, ...own } of counts) {
    lost += missing.length
    twice += own.twice
    gaps += client.gaps
    if (missing.length > 0)
      console.log(
        `  ${client.node.name}, ${client.resumes ? 'comes back' : 'connected'}: ${missing.length}, the first ${String(missing[0])}`,
      )
  }
  const kinds = `${watched.filter(({ resumes }) => !resumes).length} connected, ${watched.filter(({ resumes }) => resumes).length} that came back`
  console.log(
    `${about}: ${changes} changes; clients: ${kinds}; ${lost} lost, ${twice} twice, ${gaps} gaps told; caught up in ${tookMs.toFixed(0)} ms`,
  )
  if (lost > 0) fail(`${about}: ${lost} changes did not arrive`)
  // over one connection nothing comes twice
  if (twice > 0) fail(`${about}: ${twice} changes came twice`)
  if (gaps > 0) fail(`${about}: ${gaps} gaps`)
}

const ready = () =>
  until('all clients are connected', () => clients.every((each) => each.isConnected))

async function killLeader() {
  await until('somebody reads the log', async () => (await findLeader(ground)) !== null)
  const name = await findLeader(ground)
  const leader = nodes.find((node) => node.name === name)
  const gone = clients.filter((client) => client.node === leader && !client.resumes)
  const begun = performance.now()
  await leader.kill()
  await until('another one reads', async () => ![null, name].includes(await findLeader(ground)))
  const tookMs = performance.now() - begun
  await pause(1_000)
  await leader.start()
  return {
    gone,
    note: `${name} was killed, ${await findLeader(ground)} reads after ${tookMs.toFixed(0)} ms`,
  }
}

async function killRedis() {
  await ground.redis.kill()
  await pause(3_000)
  await ground.redis.start()
  return { gone: [], note: 'Redis was killed, and back after 3 s' }
}

async function killPostgres() {
  await ground.killPostgres()
  await pause(1_000)
  await ground.startPostgres()
  return { gone: [], note: 'Postgres was killed, and back after 1 s' }
}

const kinds = [killLeader, killRedis, killPostgres].filter(
  ({ name }) => wanted === undefined || name.toLowerCase().includes(wanted),
)

async function killAmongOthers() {
  ground = await openGround()
  writer = new Writer(ground)
  try {
    for (const name of ['node-a', 'node-b', 'node-c']) nodes.push(await createNode(ground, name))
    await ground.script(schema)
    for (const node of nodes)
      for (const owner of owners)
        for (const resumes of [false, false, true]) clients.push(createClient(owner, node, resumes))
    await ready()
    void writer.run()
    for (let round = 1; round <= rounds; round++)
      for (const kill of kinds) await tryOne(round, kill)
    writer.isOver = true
  } finally {
    for (const client of clients) client.end()
    for (const node of nodes) await node.stop()
    await ground.close()
  }
  if (problems.count > 0) for (const { name, said } of nodes) console.log(`--- ${name}\n${said}`)
}

async function tryOne(round, kill) {
  await ready()
  const since = writer.nextId + 100
  await pause(2_000)
  const { gone, note } = await kill()
  await pause(4_000)
  console.log(`round ${round}: ${note}`)
  const watched = clients.filter((each) => each.since <= since && !gone.includes(each))
  await check(`round ${round}`, watched, since)
  for (const client of gone) {
    client.end()
    clients.splice(clients.indexOf(client), 1, createClient(client.owner, client.node))
  }
}

if (kinds.length > 0) await killAmongOthers()
if (wanted === undefined || wanted === 'alone') await killAlone(rounds)
console.log(problems.count === 0 ? 'everything arrived' : `${problems.count} problems`)
process.exitCode = problems.count === 0 ? 0 : 1
