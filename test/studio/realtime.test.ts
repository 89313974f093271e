/** Section Realtime: who listens to what; a channel joined as somebody, with what policies allow; a flood that freezes nothing. */
import WebSocket from 'ws'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { query } from './query.ts'
import { hasChromium, startStudioBrowser, themes } from './studio-browser.ts'
import type { StudioBrowser } from './studio-browser.ts'

const markup = '<img src=x onerror=alert(1)>'

interface Keys {
  readonly anon_key: string
  readonly access_token: string
}

async function keys(role: string): Promise<Keys> {
  const origin = inject('studioUrl')
  const response = await fetch(`${origin}/admin/v1/projects/default/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, 'x-basalt-studio': '1' },
    body: JSON.stringify({ role }),
  })
  return (await response.json()) as Keys
}

/** A member of a public channel, beside the page. */
async function member(topic: string): Promise<WebSocket> {
  const { anon_key: key } = await keys('anon')
  const url = inject('apiUrl').replace('http', 'ws')
  const socket = new WebSocket(`${url}/realtime/v1/websocket?apikey=${key}&vsn=1.0.0`)
  await new Promise((resolve) => socket.once('open', resolve))
  const send = (event: string, payload: object, ref: string) =>
    socket.send(JSON.stringify({ topic: `realtime:${topic}`, event, payload, ref, join_ref: '1' }))
  const replied = new Promise((resolve) => socket.once('message', resolve))
  send('phx_join', { config: { presence: { enabled: true, key: markup } } }, '1')
  await replied
  send('presence', { type: 'presence', event: 'track', payload: { name: 'beside' } }, '2')
  return socket
}

describe.skipIf(!hasChromium).each(themes)('realtime, %s', (theme) => {
  let browser: StudioBrowser
  const room = `room-${theme}`
  beforeAll(async () => {
    browser = await startStudioBrowser({ theme })
    await query(`create policy "members ${theme}" on realtime.messages for select to authenticated
      using (realtime.topic() = 'private-${theme}')`)
    await query(`create table public.seen_${theme} (id int primary key, note text)`)
    await query(`grant select on public.seen_${theme} to anon`)
    await query(`alter publication supabase_realtime add table public.seen_${theme}`)
  })
  afterAll(async () => {
    await query(`drop policy "members ${theme}" on realtime.messages`)
    await query(`drop table public.seen_${theme}`)
    await browser.close()
  })
  const lines = () => browser.page.locator('.message-line')
  const status = () => browser.page.locator('.inspector-status')
  const join = async (search: string): Promise<void> => {
    await browser.open(`/p/default/realtime/inspector?${search}`)
    await browser.page.getByRole('button', { name: 'Join channel' }).click()
  }

  test('a channel is joined; what is said and who is there is shown, as text', async () => {
    const { page } = browser
    await join(`channel=${room}`)
    await expect.poll(() => status().innerText()).toContain('joined')
    await page.getByLabel('Event').fill('greeting')
    await page.getByLabel('Payload').fill(JSON.stringify({ text: markup }))
    await page.getByRole('button', { name: 'Broadcast', exact: true }).click()
    await expect.poll(() => lines().last().innerText()).toContain('onerror')
    await lines().last().click()
    await expect.poll(() => page.locator('.message-open').innerText()).toContain(markup)
    await page.getByRole('button', { name: 'Be present' }).click()
    const other = await member(room)
    await expect.poll(() => status().innerText()).toContain('2 members present')
    await page.getByText('2 members present').click()
    await expect.poll(() => page.locator('.presence').innerText()).toContain(markup)
    await browser.expectAccessible()
    const now = await browser.context.newPage()
    await now.goto(`${inject('studioUrl')}/p/default/realtime`)
    await expect
      .poll(() => now.locator('tbody').innerText())
      .toMatch(new RegExp(`${room}\\s+public\\s+2`))
    await now.close()
    other.close()
    await expect.poll(() => status().innerText()).toContain('1 member present')
    await page.getByRole('button', { name: 'Leave channel' }).click()
    await expect.poll(() => status().innerText()).toContain('closed')
  })

  test('a private channel is refused to whom policies refuse it, and open to others', async () => {
    const { page } = browser
    await join(`channel=private-${theme}&private=1`)
    await expect.poll(() => status().innerText()).toContain('do not have permissions to read')
    await page.getByRole('button', { name: 'As anon' }).click()
    await page.getByRole('button', { name: 'authenticated, nobody in particular' }).click()
    await page.getByRole('button', { name: 'Join channel' }).click()
    await expect.poll(() => status().innerText()).toContain('joined')
    await browser.expectAccessible()
  })

  test('changes of a table are shown as they are written', async () => {
    await join(`channel=changes-${theme}&table=public.seen_${theme}`)
    await expect
      .poll(() => lines().allInnerTexts(), { timeout: 10_000 })
      .toEqual(expect.arrayContaining([expect.stringContaining('Subscribed to PostgreSQL')]))
    await query(`insert into public.seen_${theme} values (1, 'hello')`)
    await expect
      .poll(() => lines().last().innerText(), { timeout: 10_000 })
      .toContain(`INSERT public.seen_${theme}`)
  })

  test('a thousand messages a second are counted; the oldest are dropped, and the page moves', async () => {
    const { page } = browser
    await join(`channel=flood-${theme}`)
    await expect.poll(() => status().innerText()).toContain('joined')
    const { anon_key: key } = await keys('anon')
    const messages = Array.from({ length: 250 }, (_, n) => ({
      topic: `flood-${theme}`,
      event: 'tick',
      payload: { n },
    }))
    await page.evaluate(() => {
      const seen = globalThis as unknown as { longest: number; frames: (at: number) => void }
      let last = performance.now()
      seen.longest = 0
      const frame = (at: number): void => {
        seen.longest = Math.max(seen.longest, at - last)
        last = at
        ;(
          globalThis as unknown as { requestAnimationFrame: (f: unknown) => void }
        ).requestAnimationFrame(frame)
      }
      frame(last)
    })
    // with the state of who is there
    const startMs = performance.now()
    for (let batch = 0; batch < 24; batch++) {
      const response = await fetch(`${inject('apiUrl')}/realtime/v1/api/broadcast`, {
        method: 'POST',
        headers: { apikey: key, 'content-type': 'application/json' },
        body: JSON.stringify({ messages }),
      })
      expect(response.status).toBe(202)
    }
    const head = page.locator('.messages-head')
    await expect.poll(() => head.innerText(), { timeout: 10_000 }).toContain('6,001 messages')
    const perSecond = 6000 / ((performance.now() - startMs) / 1000)
    expect(await head.innerText()).toContain('the oldest 1,001 dropped')
    expect(await lines().count()).toBeLessThan(80)
    const longest = await page.evaluate(
      () => (globalThis as unknown as { longest: number }).longest,
    )
    expect(longest, `longest frame at ${Math.round(perSecond)}/s`).toBeLessThan(1000)
    await page.getByRole('region', { name: 'Messages' }).hover()
    await page.mouse.wheel(0, -500)
    await page.getByRole('button', { name: 'Broadcast', exact: true }).click()
    await page.getByRole('button', { name: '1 new: follow again' }).click()
  })
})
