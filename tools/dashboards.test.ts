import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderDashboards } from './dashboards.mjs'

test('deploy/grafana is what tools/dashboards.mjs writes', () => {
  for (const [name, text] of Object.entries(renderDashboards())) {
    const path = new URL(`../deploy/grafana/${name}`, import.meta.url)
    expect(readFileSync(path, 'utf8')).toBe(text)
  }
})
