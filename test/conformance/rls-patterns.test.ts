/** Row-level security as applications write it (owner, organisation, role table, hierarchy, embargo, sharing), through supabase-js with real sign-ups. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SupabaseClient } from '@supabase/supabase-js'
import { startTestPlatform } from '@basalt/server/testing'
import type { TestPlatform } from '@basalt/server/testing'
import { codeOf, connect, ok, signUp, ways } from './connect.ts'
import type { SignedUp } from './connect.ts'
import { identities, patternSchema } from './rls-patterns.schema.ts'

describe.each(Object.entries(identities))('policies with %s', (_, identity) => {
  let server: TestPlatform
  beforeAll(async () => {
    server = await startTestPlatform({ schema: patternSchema(identity) })
  })
  afterAll(() => server.close())

  describe.each(ways)('%s', (way) => {
    let ada: SignedUp
    let bob: SignedUp
    let eve: SignedUp
    let nobody: SupabaseClient
    beforeAll(async () => {
      ada = await signUp(server, way, 'ada')
      bob = await signUp(server, way, 'bob')
      eve = await signUp(server, way, 'eve')
      nobody = connect(server, way)
    })

    test('owner: each sees, changes and deletes only rows of their own', async () => {
      const note = { user_id: ada.id, body: 'mine' }
      const { id } = await ok(ada.client.from('notes').insert(note).select('id').single())
      expect(
        await codeOf(ada.client.from('notes').insert({ user_id: bob.id, body: 'forged' })),
      ).toBe('42501')
      expect(await codeOf(nobody.from('notes').insert(note))).toBe('42501')
      for (const client of [bob.client, nobody]) {
        expect(await ok(client.from('notes').select())).toEqual([])
        expect(await ok(client.from('notes').update({ body: 'x' }).eq('id', id).select())).toEqual(
          [],
        )
        expect(await ok(client.from('notes').delete().eq('id', id).select())).toEqual([])
      }
      expect(await codeOf(ada.client.from('notes').update({ user_id: bob.id }).eq('id', id))).toBe(
        '42501',
      )
      expect(await ok(ada.client.from('notes').select('body'))).toEqual([{ body: 'mine' }])
      expect(await ok(ada.client.from('notes').delete().eq('id', id).select('id'))).toEqual([
        { id },
      ])
    })

    test('organisation: members share its rows, and nobody else has them', async () => {
      await server.script(`delete from projects; delete from users; delete from organizations;
        insert into organizations values (1, 'one'), (2, 'two');
        insert into users values ('${ada.id}', 1), ('${bob.id}', 1), ('${eve.id}', 2)`)
      await ok(ada.client.from('projects').insert({ organization_id: 1, name: 'bridge' }).select())
      await ok(eve.client.from('projects').insert({ organization_id: 2, name: 'tunnel' }).select())
      const names = async (client: SupabaseClient) =>
        ok(client.from('projects').select('name, organizations(name)'))
      expect(await names(bob.client)).toEqual([{ name: 'bridge', organizations: { name: 'one' } }])
      expect(await names(eve.client)).toEqual([{ name: 'tunnel', organizations: { name: 'two' } }])
      expect(await names(nobody)).toEqual([])
      expect(
        await codeOf(eve.client.from('projects').insert({ organization_id: 1, name: 'x' })),
      ).toBe('42501')
      const moved = bob.client.from('projects').update({ organization_id: 2 }).eq('name', 'bridge')
      expect(await codeOf(moved)).toBe('42501')
      await server.script(`update users set organization_id = 2 where id = '${bob.id}'`)
      expect(await names(bob.client)).toMatchObject([{ name: 'tunnel' }])
    })

    test('role table: admins read everything, editors change their own, viewers nothing', async () => {
      await server.script(`delete from articles; delete from user_roles;
        insert into user_roles values ('${ada.id}', 'admin'), ('${bob.id}', 'editor'), ('${eve.id}', 'viewer');
        insert into articles (author, title) values ('${bob.id}', 'by bob'), ('${eve.id}', 'by eve')`)
      const titles = (client: SupabaseClient) =>
        ok(client.from('articles').select('title').order('title'))
      expect(await titles(ada.client)).toEqual([{ title: 'by bob' }, { title: 'by eve' }])
      expect(await titles(bob.client)).toEqual([{ title: 'by bob' }])
      expect(await titles(nobody)).toEqual([])
      const rename = (client: SupabaseClient, author: string) =>
        ok(
          client.from('articles').update({ title: 'changed' }).eq('author', author).select('title'),
        )
      expect(await rename(bob.client, bob.id)).toEqual([{ title: 'changed' }])
      expect(await rename(bob.client, eve.id)).toEqual([])
      expect(await rename(eve.client, eve.id)).toEqual([])
      expect(await rename(ada.client, eve.id)).toEqual([])
      expect(await ok(bob.client.from('user_roles').select('role'))).toEqual([{ role: 'editor' }])
      expect(
        await codeOf(eve.client.from('user_roles').insert({ user_id: eve.id, role: 'admin' })),
      ).toBe('42501')
    })

    test('hierarchy: a manager sees the reports of everyone below, at any depth', async () => {
      await server.script(`delete from reports; delete from team_members;
        insert into team_members values ('${ada.id}', 1, null), ('${bob.id}', 1, '${ada.id}'), ('${eve.id}', 1, '${bob.id}')`)
      for (const { client, id } of [ada, bob, eve])
        await ok(client.from('reports').insert({ user_id: id, body: 'r' }).select())
      const seen = async ({ client }: SignedUp): Promise<string[]> =>
        (await ok(client.from('reports').select('user_id')))
          .map(({ user_id }) => user_id as string)
          .toSorted()
      expect(await seen(ada)).toEqual([ada.id, bob.id, eve.id].toSorted())
      expect(await seen(bob)).toEqual([bob.id, eve.id].toSorted())
      expect(await seen(eve)).toEqual([eve.id])
      expect(await ok(nobody.from('reports').select())).toEqual([])
      const team = await ok(bob.client.rpc('get_team_members', { manager: ada.id }))
      expect((team as string[]).toSorted()).toEqual([bob.id, eve.id].toSorted())
      expect(
        await ok(ada.client.from('reports').update({ body: 'x' }).eq('user_id', bob.id).select()),
      ).toEqual([])
      // two who manage each other do not hang it
      await server.script(
        `update team_members set manager_id = '${eve.id}' where user_id = '${ada.id}'`,
      )
      expect(await seen(eve)).toHaveLength(3)
    })

    test('embargo: a post is seen from its time on, by its author before', async () => {
      const future = new Date(Date.now() + 3_600_000).toISOString()
      const past = new Date(Date.now() - 3_600_000).toISOString()
      const author = ada.id
      await server.script('delete from posts')
      await ok(
        ada.client
          .from('posts')
          .insert([
            { author, title: 'a draft', published: false, publish_at: past },
            { author, title: 'at once', published: true, publish_at: null },
            { author, title: 'since an hour', published: true, publish_at: past },
            { author, title: 'in an hour', published: true, publish_at: future },
          ])
          .select('id'),
      )
      const titles = async (client: SupabaseClient): Promise<string[]> =>
        (await ok(client.from('posts').select('title').order('title'))).map(
          ({ title }) => title as string,
        )
      for (const client of [nobody, bob.client])
        expect(await titles(client)).toEqual(['at once', 'since an hour'])
      expect(await titles(ada.client)).toHaveLength(4)
      await server.script(
        `update posts set publish_at = now() + interval '200 milliseconds' where title = 'in an hour'`,
      )
      await expect.poll(() => titles(nobody), { timeout: 10_000 }).toContain('in an hour')
      expect(
        await ok(
          bob.client.from('posts').update({ published: false }).eq('title', 'at once').select(),
        ),
      ).toEqual([])
    })

    test('sharing: who a document is shared with reads it, and changes it if so permitted', async () => {
      await server.script('delete from documents')
      const { id } = await ok(
        ada.client
          .from('documents')
          .insert({ owner_id: ada.id, title: 'plan' })
          .select('id')
          .single(),
      )
      const share = (client: SupabaseClient, user: string, permission: string) =>
        client
          .from('document_shares')
          .insert({ document_id: id, shared_with_user_id: user, permission })
      const rename = (client: SupabaseClient) =>
        ok(client.from('documents').update({ title: 'changed' }).eq('id', id).select('title'))
      expect(await ok(bob.client.from('documents').select())).toEqual([])
      expect(await codeOf(share(eve.client, eve.id, 'admin'))).toBe('42501')
      expect(await codeOf(share(ada.client, bob.id, 'view'))).toBeNull()
      expect(await codeOf(share(ada.client, eve.id, 'edit'))).toBeNull()
      const read = bob.client.from('documents').select('title, document_shares(permission)')
      expect(await ok(read)).toEqual([{ title: 'plan', document_shares: [{ permission: 'view' }] }])
      expect(await rename(bob.client)).toEqual([])
      expect(await rename(eve.client)).toEqual([{ title: 'changed' }])
      expect(await ok(eve.client.from('documents').delete().eq('id', id).select())).toEqual([])
      expect(await ok(nobody.from('documents').select())).toEqual([])
      expect(
        await ok(ada.client.from('document_shares').select('permission').order('permission')),
      ).toHaveLength(2)
      await ok(
        ada.client.from('document_shares').delete().eq('shared_with_user_id', eve.id).select(),
      )
      expect(await rename(eve.client)).toEqual([])
    })
  })
})
