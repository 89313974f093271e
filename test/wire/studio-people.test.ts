import WebSocket from 'ws'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStudio } from '@basalt/server/testing'
import type { StudioAnswer, TestStudio } from '@basalt/server/testing'

let studio: TestStudio
beforeAll(async () => {
  studio = await startTestStudio({ inbox: true, schema: 'select 1' })
})
afterAll(() => studio.close())

const codeOf = ({ json }: StudioAnswer): string => (json as { code: string }).code
const anon = () => studio.server.platform.keys.anonKey

async function signIn(email: string): Promise<{ refresh_token: string }> {
  const response = await fetch(`${studio.server.url}/auth/v1/token?grant_type=password`, {
    method: 'POST',
    headers: { apikey: anon(), 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: 'long enough' }),
  })
  return (await response.json()) as { refresh_token: string }
}

const refresh = async (token: string): Promise<number> => {
  const response = await fetch(`${studio.server.url}/auth/v1/token?grant_type=refresh_token`, {
    method: 'POST',
    headers: { apikey: anon(), 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token: token }),
  })
  return response.status
}

test('sessions of a user are listed, and end', async () => {
  const email = 'sessions@example.com'
  const made = await studio.ask('POST', '/users', {
    email,
    password: 'long enough',
    email_confirm: true,
  })
  const { id } = made.json as { id: string }
  const first = await signIn(email)
  await signIn(email)
  await signIn(email)
  const listed = (await studio.ask('GET', `/users/${id}/sessions`)).json as { id: string }[]
  expect(listed).toHaveLength(3)
  const oldest = listed.at(-1)?.id
  expect((await studio.ask('DELETE', `/users/${id}/sessions/${oldest}`)).status).toBe(204)
  expect(await refresh(first.refresh_token)).toBe(400)
  expect(codeOf(await studio.ask('DELETE', `/users/${id}/sessions/${oldest}`))).toBe(
    'studio_session_not_found',
  )
  expect(codeOf(await studio.ask('DELETE', '/users/x/sessions'))).toBe('studio_session_not_found')
  expect((await studio.ask('DELETE', `/users/${id}/sessions`)).status).toBe(204)
  expect((await studio.ask('GET', `/users/${id}/sessions`)).json).toEqual([])
  for (const part of ['SESSIONS@', id.toUpperCase()]) {
    const found = await studio.ask('GET', `/users?filter=${part}`)
    expect(found.json).toMatchObject({ users: [{ id }] })
  }
})

test('a template is previewed in a frame where nothing runs; what is wrong is told', async () => {
  const ask = (content: string) =>
    studio.ask('POST', '/auth/templates/preview', { subject: 'For {{ .Email }}', content })
  const good = (await ask('<b>{{ .Email }}</b><script>alert(1)</script>')).json as { id: string }
  expect(good).toMatchObject({ subject: 'For ann@example.com', error: null, unknown: [] })
  const html = await studio.ask('GET', `/auth/templates/preview/${good.id}`)
  expect(html.headers['content-security-policy']).toContain("sandbox; default-src 'none'")
  expect((await ask('{{ if .Email }}')).json).toMatchObject({ id: null, error: 'if without end' })
  expect((await ask('{{ .Emial }}')).json).toMatchObject({ unknown: ['Emial'] })
  expect(codeOf(await studio.ask('GET', '/auth/templates/preview/x'))).toBe('studio_preview_gone')
})

test('a text of the project’s own takes the place of the default', async () => {
  const patch = { auth: { email: { template: { invite: { content: '<p>Mine</p>' } } } } }
  expect((await studio.ask('PATCH', '/config', patch)).status).toBe(200)
  const { templates } = (await studio.ask('GET', '/auth/templates')).json as {
    templates: { name: string; content: string; own: boolean }[]
  }
  const named = new Map(templates.map((template) => [template.name, template]))
  expect(named.get('invite')).toMatchObject({ content: '<p>Mine</p>', own: true })
  expect(named.get('recovery')).toMatchObject({ own: false })
})

test('who listens to what', async () => {
  const url = `${studio.server.url.replace('http', 'ws')}/realtime/v1/websocket?apikey=${anon()}`
  const socket = new WebSocket(`${url}&vsn=1.0.0`)
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  const replied = new Promise((resolve) => socket.addEventListener('message', resolve))
  const join = { topic: 'realtime:room', event: 'phx_join', payload: { config: {} }, ref: '1' }
  socket.send(JSON.stringify(join))
  await replied
  expect((await studio.ask('GET', '/realtime/stats')).json).toMatchObject({
    realtime: {
      connections: 1,
      channels: 1,
      topics: [{ topic: 'room', private: false, listeners: 1 }],
    },
  })
  socket.close()
})
