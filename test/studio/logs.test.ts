/** Section Logs: requests as they come, by filters that are in the address, each with its steps. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

describe.skipIf(!hasChromium).each(themes)('logs, %s', (theme) => {
  let browser: StudioBrowser
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme, expected: /404/ })
    await browser.open('/p/default/logs')
    await browser.page.getByText('Live', { exact: true }).waitFor()
  })
  afterAll(() => browser.close())

  const ask = async (path: string): Promise<string> => {
    const response = await fetch(`${inject('apiUrl')}${path}`)
    await response.arrayBuffer()
    return response.headers.get('x-request-id') ?? ''
  }
  const lines = () => browser.page.locator('.log-line')

  test('a request appears by itself; markup in its path is text', async () => {
    await ask(`/rest/v1/<script>alert(1)</script>-${theme}`)
    await expect
      .poll(() => lines().allInnerTexts())
      .toContainEqual(expect.stringMatching(/script.*alert/))
    await browser.expectAccessible()
  })

  test('it opens with its steps, under the id that its answer had', async () => {
    const { page } = browser
    const id = await ask(`/rest/v1/none-${theme}`)
    await page.getByRole('link', { name: new RegExp(`none-${theme}`) }).click()
    await expect.poll(() => page.url()).toContain(`/logs/${id}`)
    await expect.poll(() => page.getByRole('textbox', { name: 'Request id' }).inputValue()).toBe(id)
    const steps = page.getByRole('list', { name: 'Steps' }).getByRole('listitem')
    await expect.poll(() => steps.count()).toBeGreaterThan(1)
    await browser.expectAccessible()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.url()).not.toContain(id)
    await browser.open(`/p/default/logs/never-${theme}`)
    await page.getByText('This request is not kept').waitFor()
  })

  test('filters are in the address, and hold for what comes', async () => {
    const { page } = browser
    await browser.open('/p/default/logs')
    await page.getByLabel('Status').selectOption('4xx')
    await page.getByLabel('Path or query contains').fill(`mark-${theme}`)
    await page.keyboard.press('Enter')
    await expect.poll(() => page.url()).toMatch(/status=4xx.*text=mark-/)
    await page.getByText('No request passes these filters').waitFor()
    await ask(`/rest/v1/other-${theme}`)
    await ask(`/rest/v1/mark-${theme}`)
    await expect.poll(() => lines().count()).toBe(1)
    await page.reload()
    await expect.poll(() => lines().count()).toBe(1)
    await page.getByLabel('Method').selectOption('POST')
    await expect.poll(() => lines().count()).toBe(0)
    await page.goBack()
    await expect.poll(() => lines().count()).toBe(1)
    await page.getByRole('button', { name: 'Remove filters' }).click()
    await expect.poll(() => lines().count()).toBeGreaterThan(1)
  })

  test('scrolled away it waits and counts what is new; a flood freezes nothing', async () => {
    const { page } = browser
    await browser.open(`/p/default/logs?text=flood-${theme}`)
    await page.getByText('No request passes').waitFor()
    const flood = (n: number) =>
      Promise.all(Array.from({ length: n }, (_, at) => ask(`/flood-${theme}/${at}`)))
    await flood(60)
    await expect.poll(() => page.locator('.log-foot').innerText()).toContain('60 requests')
    await page.locator('.log-lines').evaluate((list) => list.scrollTo({ top: 600 }))
    await page.getByText('Paused').waitFor()
    for (let round = 0; round < 12; round++) await flood(100)
    await page.getByRole('button', { name: '1,200 new' }).waitFor()
    const made = await page.locator('.log-line').count()
    expect(made).toBeLessThan(80)
    await page.getByRole('button', { name: '1,200 new' }).click()
    await expect.poll(() => page.locator('.log-foot').innerText()).toContain('1,260 requests')
    await page.getByText('Live', { exact: true }).waitFor()
  })

  test('what comes faster than it can be shown is counted, and the page stays quick', async () => {
    const { page } = browser
    await browser.open(`/p/default/logs?text=storm-${theme}`)
    await page.getByText('No request passes').waitFor()
    await page.evaluate(`
      globalThis.longest = 0
      let before = performance.now()
      const look = (now) => {
        globalThis.longest = Math.max(globalThis.longest, now - before)
        before = now
        requestAnimationFrame(look)
      }
      requestAnimationFrame(look)`)
    await pipeline(`/storm-${theme}`, 20_000)
    await page.getByText(/requests came faster than they could be shown/).waitFor()
    const shown = await page.locator('.log-foot').innerText()
    expect(Number(/([\d,]+) requests/.exec(shown)?.[1]?.replaceAll(',', ''))).toBeGreaterThan(900)
    expect(await page.locator('.log-line').count()).toBeLessThan(80)
    const longest = await page.evaluate<number>('globalThis.longest')
    // of two cores one is the server's
    expect(longest).toBeLessThan(500)
  })
})

/** Requests one behind the other on four connections, without waiting for answers. */
async function pipeline(path: string, total: number): Promise<void> {
  const { hostname, port } = new URL(inject('apiUrl'))
  const request = `GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`
  const one = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname)
      let [answers, rest] = [0, '']
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        // an answer's first words may come in two parts
        const text = rest + chunk.toString('latin1')
        answers += text.split('HTTP/1.1 ').length - 1
        rest = text.slice(-8)
        if (answers >= count) {
          socket.destroy()
          resolve()
        }
      })
      socket.write(request.repeat(count))
    })
  await Promise.all(Array.from({ length: 4 }, () => one(total / 4)))
}
