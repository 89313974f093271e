/** Changes of tables in schemas that are not everybody's, with types of such schemas: those who may see them hear of them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { RealtimeClient } from './realtime-client.ts'

let server: TestPlatform
let client: RealtimeClient

beforeAll(async () => {
  server = await startTestPlatform()
  await server.script(`
    create extension if not exists citext schema extensions;
    create schema game;
    grant usage on schema game to anon;
    create type game.state as enum ('open', 'all done');
    create type game.point as (x int, label text);
    create table game.moves (id int primary key, state game.state, at game.point, name extensions.citext);
    alter table game.moves replica identity full;
    grant select on game.moves to anon;
    create schema hidden;
    create table hidden.things (id int primary key);
    alter publication supabase_realtime add table game.moves, hidden.things`)
  client = await new RealtimeClient(server).open()
})
afterAll(async () => {
  client.socket.terminate()
  await server.close()
})

const filters = [undefined, 'state=eq.all done', 'state=in.(open,all done)', 'name=eq.ANN']

test.each(filters)('a change with the filter %j', async (filter) => {
  const id = filters.indexOf(filter) + 1
  const topic = `realtime:${id}`
  const asked = { event: 'INSERT', schema: 'game', table: 'moves', filter }
  client.send(topic, 'phx_join', { config: { postgres_changes: [asked] } })
  expect(await client.find(topic, 'system')).toMatchObject({ message: 'Subscribed to PostgreSQL' })
  await server.script(`insert into game.moves values (${id}, 'all done', '(1,"a b")', 'Ann')`)
  expect(await client.find(topic, 'postgres_changes')).toMatchObject({
    data: { record: { id, state: 'all done', at: { x: 1, label: 'a b' }, name: 'Ann' } },
  })
  client.send(topic, 'phx_leave', {})
})

test('who may not look into the schema is sent no row of it', async () => {
  const topic = 'realtime:hidden'
  const asked = { event: '*', schema: 'hidden', table: 'things' }
  client.send(topic, 'phx_join', { config: { postgres_changes: [asked] } })
  expect(await client.find(topic, 'system')).toMatchObject({ message: 'Subscribed to PostgreSQL' })
  await server.script('insert into hidden.things values (1)')
  expect(await client.find(topic, 'postgres_changes')).toMatchObject({
    data: { record: {}, errors: ['Error 401: Unauthorized'] },
  })
})
