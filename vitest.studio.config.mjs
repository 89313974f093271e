import { defineConfig } from 'vitest/config'
import base from './vitest.config.mjs'

const { projects: _, ...test } = base.test

/** `npm run test:studio`: the journeys through Studio, in a real browser, in front of one real `basalt start`. */
export default defineConfig({
  resolve: base.resolve,
  ssr: base.ssr,
  test: {
    ...test,
    include: ['test/studio/**/*.test.ts'],
    globalSetup: ['test/studio/start-studio.ts'],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 15_000 } },
    // a browser each
    maxWorkers: 2,
  },
})
