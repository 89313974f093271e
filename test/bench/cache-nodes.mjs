/** Two nodes that share answers over Redis: how late a write through one is seen on the other. By itself, or as the end of `npm run bench -- cache`. */
import { createNode, openGround, userToken } from '../drill/nodes.mjs'
import { quantile } from './quantile.mjs'

const writes = Number(process.env.BENCH_WRITES ?? 300)
const apikey = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH'
const settings = '[basalt.cache]\nenabled = true\nroutes = ["boards"]\nstore = "redis"\n'

const ground = await openGround()
const nodes = []
try {
  for (const name of ['one', 'two']) nodes.push(await createNode(ground, name, { settings }))
  const [one, two] = nodes
  await ground.script(`create table public.boards (id int primary key, title text not null);
    insert into public.boards select i, 'board ' || i from generate_series(1, 1000) i;
    grant select, update on public.boards to anon, service_role; notify pgrst`)
  const late = []
  let farHits = 0
  for (let i = 0; i < writes; i++) {
    await untilHit(one)
    // one that it has not been asked for since the last write
    if ((await read(two)).way === 'basalt; hit') farHits++
    await untilHit(two)
    await write(one, `title ${i}`)
    const written = performance.now()
    while (!(await read(two)).text.includes(`title ${i}"`));
    late.push(performance.now() - written)
  }
  late.sort((a, b) => a - b)
  console.log(
    `a write through one node is seen on another after: p50 ${quantile(late, 0.5).toFixed(1)} ms, p99 ${quantile(late, 0.99).toFixed(1)} ms, at most ${late.at(-1).toFixed(1)} ms; ${farHits} of ${writes} first reads there were answered from Redis`,
  )
} finally {
  await Promise.all(nodes.map((node) => node.stop()))
  await ground.close()
}

async function read(node) {
  const response = await fetch(`${node.url}/rest/v1/boards?select=title&id=eq.1`, {
    headers: { apikey },
  })
  return { text: await response.text(), way: response.headers.get('cache-status') }
}

async function untilHit(node) {
  while ((await read(node)).way !== 'basalt; hit');
}

async function write(node, title) {
  const response = await fetch(`${node.url}/rest/v1/boards?id=eq.1`, {
    method: 'PATCH',
    headers: {
      apikey,
      authorization: `Bearer ${userToken('bench', 'service_role')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ title }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
}
