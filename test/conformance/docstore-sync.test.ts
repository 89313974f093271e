/** Offline first: the document store beside supabase-js, written while nothing is reached, then brought together. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import * as library from '@basalt/docstore'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { createSync, syncSchemas } from '../../examples/embedded/sync.mjs'
import { signUp } from './connect.ts'

const schema = `
create table public.notes (
  id text primary key, user_id uuid not null default auth.uid(), text text not null,
  deleted boolean not null default false, updated_at timestamptz not null default clock_timestamp());
create function public.touch() returns trigger language plpgsql as
  $$ begin new.updated_at := clock_timestamp(); return new; end $$;
create trigger touch before insert or update on public.notes for each row execute function public.touch();
alter table public.notes enable row level security;
create policy own on public.notes to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
grant all on public.notes to authenticated;`

let server: TestPlatform
beforeAll(async () => {
  server = await startTestPlatform({ schema })
})
afterAll(() => server.close())

test('what is written offline arrives, what is written elsewhere comes back, and nothing twice', async () => {
  const { client, id: user_id } = await signUp(server, 'over a socket', 'ann')
  const device = async () => {
    const db = await library.openDocstore()
    await db.applySchemas([library.defineStore('notes', { key: 'id' }), ...syncSchemas(library)])
    return { db, sync: createSync({ db, supabase: client }) }
  }
  const phone = await device()
  const laptop = await device()
  await phone.sync.put('notes', { id: 'a', user_id, text: 'from the phone', deleted: false })
  await phone.sync.put('notes', { id: 'b', user_id, text: 'first', deleted: false })
  await phone.sync.put('notes', { id: 'b', user_id, text: 'second', deleted: false })
  expect(await phone.sync.push()).toBe(3)
  expect(await phone.sync.push()).toBe(0)
  expect(await laptop.sync.pull('notes')).toBe(2)
  expect(await laptop.sync.pull('notes')).toBe(0)
  expect((await laptop.db.getAll('notes')).map(({ text }) => text)).toEqual([
    'from the phone',
    'second',
  ])

  await laptop.sync.put('notes', {
    id: 'a',
    user_id,
    text: 'changed on the laptop',
    deleted: false,
  })
  await laptop.sync.push()
  await phone.sync.put('notes', { id: 'b', user_id, text: 'second', deleted: true })
  expect(await phone.sync.pull('notes')).toBeGreaterThan(0)
  expect(await phone.db.getAll('notes')).toMatchObject([
    { text: 'changed on the laptop' },
    { deleted: true },
  ])
  await phone.sync.push()

  const other = await signUp(server, 'over a socket', 'bob')
  await phone.sync.put('notes', { id: 'c', user_id: other.id, text: 'forged', deleted: false })
  await expect(phone.sync.push()).rejects.toThrow('row-level security')
  expect(await phone.db.count('outbox')).toBe(1)
  await Promise.all([phone.db.close(), laptop.db.close()])
})
