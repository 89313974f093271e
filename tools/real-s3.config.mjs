/** Vitest for `tools/real-s3.sh`: the repository's settings, one file. */
import config from '../vitest.config.mjs'

export default {
  resolve: config.resolve,
  ssr: config.ssr,
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['packages/server/src/base/blob/real-s3.drill.ts'],
  },
}
