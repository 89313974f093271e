import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { RequestCounts } from './request-counts.ts'

const request = { method: 'GET', route: '/rest/v1', status: 200, project: 'default', durationMs: 3 }

function createCounts() {
  const registry = new Registry()
  const counts = new RequestCounts()
  counts.registerWith(registry)
  counts.watch('default')
  return { registry, counts }
}

test('requests are counted by method, route, status and project', async () => {
  const { registry, counts } = createCounts()
  for (let i = 0; i < 3; i++) counts.observe(request)
  counts.observe({ ...request, status: 404 })
  counts.observe({ ...request, method: 'BREW' })
  counts.observe(request)
  const lines = (await registry.metrics()).split('\n')
  expect(lines).toContain(
    'http_requests_total{method="GET",route="/rest/v1",status="200",project="default"} 4',
  )
  expect(lines).toContain(
    'http_requests_total{method="GET",route="/rest/v1",status="404",project="default"} 1',
  )
  expect(lines).toContain(
    'http_requests_total{method="OTHER",route="/rest/v1",status="200",project="default"} 1',
  )
})

test('durations are a cumulative histogram in seconds over all statuses', async () => {
  const { registry, counts } = createCounts()
  for (const durationMs of [0, 1, 2, 70_000]) counts.observe({ ...request, durationMs })
  counts.observe({ ...request, status: 500, durationMs: 7 })
  const lines = (await registry.metrics()).split('\n')
  const labels = 'method="GET",route="/rest/v1",project="default"'
  const name = 'http_request_duration_seconds'
  expect(lines).toContain(`# TYPE ${name} histogram`)
  for (const [le, count] of [
    ['0.001', 2],
    ['0.0025', 3],
    ['0.005', 3],
    ['0.01', 4],
    ['10', 4],
    ['+Inf', 5],
  ]) {
    expect(lines).toContain(`${name}_bucket{${labels},le="${le}"} ${count}`)
  }
  expect(lines).toContain(`${name}_sum{${labels}} 70.01`)
  expect(lines).toContain(`${name}_count{${labels}} 5`)
})

test('ten thousand projects that came and went leave nothing, nor do their last requests', async () => {
  const { registry, counts } = createCounts()
  const before = (await registry.metrics()).length
  for (let at = 0; at < 10_000; at++) {
    const unwatch = counts.watch(`gone-${at}`)
    counts.observe({ ...request, project: `gone-${at}` })
    unwatch()
  }
  expect((await registry.metrics()).length).toBe(before)
  for (let at = 0; at < 100; at++) counts.observe({ ...request, project: `gone-${at}` })
  expect(await registry.metrics()).toContain('status="200",project=""} 100')
  expect(await registry.metrics()).not.toContain('gone-')
})

test('a project that is opened anew beside the old one keeps what was counted', async () => {
  const { registry, counts } = createCounts()
  const unwatch = counts.watch('default')
  counts.observe(request)
  unwatch()
  counts.observe(request)
  expect(await registry.metrics()).toContain('status="200",project="default"} 2')
})
