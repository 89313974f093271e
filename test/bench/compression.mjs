/** What compression costs a server whose clients are beside it: requests/s with each coding, against none, in one run. BENCH_SECONDS, BENCH_ROUNDS, BENCH_LEVEL. */
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createProject, loadSchema, startProject } from './bench-project.mjs'
import { runLoad } from './run-load.mjs'
import { shapes } from './shapes.mjs'

const seconds = Number(process.env.BENCH_SECONDS ?? 1)
const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
const codings = [null, 'gzip', 'br', ...(process.versions.node >= '22.15' ? ['zstd'] : [])]

const project = await createProject()
const level = process.env.BENCH_LEVEL
if (level !== undefined)
  appendFileSync(
    join(project.workdir, 'supabase/config.toml'),
    `[basalt.compression]\nlevel = ${level}\n`,
  )
const running = await startProject(project)
try {
  await loadSchema(project)
  for (const shape of shapes.filter(({ name }) => name.startsWith('read of'))) {
    const rates = new Map(codings.map((coding) => [coding, []]))
    for (let round = 0; round < rounds; round++)
      for (const coding of codings) {
        const { requests, seconds: taken } = await load(shape, coding)
        rates.get(coding).push(requests / taken)
      }
    const without = median(rates.get(null))
    const cells = codings.map((coding) => {
      const rate = median(rates.get(coding))
      return `${coding ?? 'none'} ${rate.toFixed(0)}/s (${(rate / without).toFixed(2)})`
    })
    console.log(`${shape.name}: ${cells.join(', ')}`)
  }
} finally {
  await running.stop()
  project.remove()
}

function load({ requests }, coding) {
  const header = coding === null ? '' : `Accept-Encoding: ${coding}\r\n`
  return runLoad({
    host: '127.0.0.1',
    port: project.ports.api,
    connections: 16,
    seconds,
    requests: requests.map((one) => one.replace('\r\n\r\n', `\r\n${header}\r\n`)),
  })
}
