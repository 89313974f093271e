/** Panels and rules ask for what is there: a real `/metrics` has each metric and each label. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTestFolder } from '@basalt/server/testing'
import { openLocalPlatform } from '@basalt/server/node'
import { defineConfig } from '#base/config'
import { createMetrics } from '#host/gateway'
import { freePort } from '#host/node/postgres'
import { scrape, startDriven } from './start-driven.ts'
import { parseSamples } from './drive-basalt.mjs'
import { countAlerts, readExpressions, readPromql } from './read-promql.mjs'

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** What `basalt start` has besides, backups: names alone. */
async function localNames(): Promise<string[]> {
  const workdir = makeTestFolder()
  mkdirSync(join(workdir, 'supabase'))
  const ports = { 'db.port': await freePort() }
  const config = defineConfig({ ...ports, 'basalt.backup.enabled': true })
  const opened = await openLocalPlatform({ workdir, config })
  const text = await scrape(opened.platform)
  await opened.close()
  rmSync(workdir, { recursive: true, force: true })
  return [...text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name)
}

/** A project with replicas, a cache and a certificate, which the driven one has not. */
async function others(): Promise<string> {
  const metrics = createMetrics(() => [{ labels: { name: 'api' }, atSeconds: 1 }])
  metrics.watchReplicas('p', {
    primaryReads: 1,
    retriedReads: 1,
    replicas: [{ name: 'one', reads: 1, isUp: true, lagMs: 1 }],
  })
  metrics.watchCache('p', { hit: 1, miss: 1, bypass: 1, bytes: 1 })
  metrics.watchState('p', () =>
    Promise.resolve({
      slots: [{ name: 's', retainedBytes: 1, limitBytes: 2, isActive: true }],
      netWaiting: 0,
      cronJobs: 0,
    }),
  )
  return metrics.render()
}

test('every metric and label of every panel and rule is in /metrics', async () => {
  const driven = await startDriven()
  const text = await driven.scrape()
  await driven.close()
  const labels = new Map<string, Set<string>>([['up', new Set()]])
  for (const { name, labels: own } of parseSamples(text + (await others())) as Sample[])
    labels.set(name, new Set([...(labels.get(name) ?? []), ...Object.keys(own)]))
  for (const name of await localNames()) labels.set(name, labels.get(name) ?? new Set())
  const expressions = readExpressions() as { where: string; expr: string }[]
  expect(expressions.length).toBeGreaterThan(60)
  expect(expressions.filter(({ where }) => where.startsWith('rules'))).toHaveLength(countAlerts())
  for (const { where, expr } of expressions) {
    const { errors, metrics, grouped, matched } = readPromql(expr)
    expect({ where, expr, errors }).toEqual({ where, expr, errors: [] })
    expect({ where, metrics: metrics.length }).not.toEqual({ where, metrics: 0 })
    const anyOf = new Set(['job', 'instance'])
    for (const metric of metrics as string[]) {
      const known = labels.get(metric)
      expect([...labels.keys()], where).toContain(metric)
      for (const label of known ?? []) anyOf.add(label)
      for (const label of (matched as Map<string, string[]>).get(metric) ?? [])
        expect(['job', 'instance', ...(known ?? [])], `${where}: ${metric}`).toContain(label)
    }
    for (const label of grouped as string[]) expect([...anyOf], where).toContain(label)
  }
})

test('an expression that is wrong, or asks for what is not there, is seen', () => {
  expect(readPromql('sum by (').errors).not.toEqual([])
  expect(readPromql('rate(nothing{here="x"}[5m]) / on (there) b')).toMatchObject({
    errors: [],
    metrics: ['nothing', 'b'],
    grouped: ['there'],
    matched: new Map([['nothing', ['here']]]),
  })
})
