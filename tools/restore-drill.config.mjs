/** Vitest for restores that take longer than a test may: `npm run drill:restore` runs them before its own. */
import config from '../vitest.config.mjs'

export default {
  resolve: config.resolve,
  ssr: config.ssr,
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    include: ['packages/server/src/host/node/backup/*.drill.ts'],
  },
}
