/** Before the database tests: one embedded Postgres, and a provisioned database that each test file clones. */
import type { TestProject } from 'vitest/node'
import { prepareTestServer } from '../packages/server/src/testing/prepare-test-server.ts'

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await prepareTestServer()
  project.provide('testServer', { url: server.url, template: server.template })
  return () => server.stop()
}
