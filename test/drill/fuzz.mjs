/**
 * `npm run drill:fuzz [-- requests [seed]]`: test/fuzz at full length, 100,000 random valid reads compared with plain SQL and
 * as many requests of random bytes; and every hostile text at every place of test/wire/injection, of which `npm test` tries a third; and ten
 * times its searches for names. Prints seeds, counts and throughput; exits 1 with the first five that are wrong.
 */
import { spawnSync } from 'node:child_process'

const requests = process.argv[2] ?? '100000'
const seed = process.argv[3] ?? String(Math.floor(Math.random() * 1e9))
const { status } = spawnSync(
  'npx',
  [
    'vitest',
    'run',
    'test/fuzz',
    'test/wire/injection',
    'test/code/names',
    '--disable-console-intercept',
  ],
  {
    stdio: 'inherit',
    env: { ...process.env, FUZZ_REQUESTS: requests, FUZZ_SEED: seed },
  },
)
process.exitCode = status ?? 1
