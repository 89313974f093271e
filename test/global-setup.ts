/**
 * Before the database tests: one embedded Postgres, and a provisioned database that each test file clones.
 * `BASALT_TEST_POSTGRES=/usr/lib/postgresql/17/bin`: an installed Postgres in its place, with the extensions it has.
 */
import type { TestProject } from 'vitest/node'
import { prepareTestServer } from '../packages/server/src/testing/prepare-test-server.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await prepareTestServer({ binaries: process.env.BASALT_TEST_POSTGRES })
  project.provide('testServer', { url: server.url, template: server.template })
  return () => server.stop()
}
