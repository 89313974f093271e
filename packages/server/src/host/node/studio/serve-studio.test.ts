import { expect, test } from 'vitest'
import { defineConfig } from '#base/config'
import { silentLog } from '#base/kernel'
import { serveStudio } from './serve-studio.ts'

test('who opens the page before the server is there gets one that opens by itself; programs an error', async () => {
  const open = () => Promise.resolve(null)
  const options = { config: defineConfig(), log: silentLog, folder: null, open }
  const studio = await serveStudio(options, 0)
  try {
    const page = await fetch(studio.url, { headers: { 'sec-fetch-dest': 'document' } })
    expect(page.status).toBe(503)
    expect(page.headers.get('refresh')).toBe('1')
    expect(await page.text()).toContain('The server is starting')
    const answer = await fetch(`${studio.url}/admin/v1/projects`)
    expect(await answer.json()).toMatchObject({ code: 'studio_starting' })
  } finally {
    await studio.close(0)
  }
})
