import { expect, test } from 'vitest'
import { openDatabase, parseConnectionUrl } from '#base/db'
import { createTestDatabase, executeDirectly } from '#testing'
import { loadCatalog } from './load-catalog.ts'

test('a view of a junction in a hidden schema makes a many-to-many relationship', async () => {
  const database = await createTestDatabase()
  await executeDirectly(
    database.url,
    'create schema hidden',
    'create table public.actors (id int primary key)',
    'create table public.films (id int primary key)',
    `create table hidden.roles (actor int references public.actors, film int references public.films,
      primary key (actor, film))`,
    'create view public.roles as select actor as actor_id, film as film_id from hidden.roles',
  )
  const db = openDatabase({ connection: parseConnectionUrl(database.url), maxConnections: 1 })
  const { catalog } = await loadCatalog(db, { schemas: ['public'], extraSearchPath: [] })
  await db.close()
  await database.drop()
  const found = catalog.data.relationships.filter(({ kind }) => kind === 'junction')
  expect(found).toMatchObject([
    {
      from: { name: 'actors' },
      to: { name: 'films' },
      junction: { schema: 'public', name: 'roles' },
    },
    {
      from: { name: 'films' },
      to: { name: 'actors' },
      junction: { schema: 'public', name: 'roles' },
    },
  ])
})
