/**
 * `npm run drill:policies [-- triples [seed]]`: compiled policies against Postgres over 100,000 triples of policies, row and
 * claims. Prints the seed and the counts; exits 1 with the first three that differ.
 */
import { spawnSync } from 'node:child_process'

const triples = process.argv[2] ?? '100000'
const seed = process.argv[3] ?? String(Math.floor(Math.random() * 1e9))
const file = 'packages/server/src/services/realtime/rows/compiled-policies.db.test.ts'
const { status } = spawnSync('npx', ['vitest', 'run', file, '--disable-console-intercept'], {
  stdio: 'inherit',
  env: { ...process.env, POLICY_TRIPLES: triples, POLICY_SEED: seed },
})
process.exitCode = status ?? 1
