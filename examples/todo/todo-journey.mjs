/**
 * What a todo app does, with the official client and nothing else: two users sign up, write and read their own rows,
 * and neither sees the other's. Throws at the first answer that is not what Supabase would give.
 */
import assert from 'node:assert/strict'
import { createClient } from '@supabase/supabase-js'
import WebSocket from 'ws'

/** `data` of an answer; an error of it is thrown. */
function unwrap({ data, error }) {
  if (error) throw new Error(`${error.code}: ${error.message}`, { cause: error })
  return data
}

/** Node before 22 has no WebSocket of its own, and the client wants one even when realtime is not used. */
const transport = { realtime: { transport: WebSocket } }

/**
 * @param {{ url: string, anonKey: string, fetch?: typeof fetch, log?: (line: string) => void }} options
 *   `fetch` may be that of an in-process platform.
 */
export async function todoJourney({ url, anonKey, fetch, log = () => {} }) {
  const connect = () =>
    createClient(url, anonKey, {
      ...transport,
      auth: { persistSession: false, autoRefreshToken: false },
      ...(fetch && { global: { fetch } }),
    })
  const run = Date.now().toString(36) + Math.random().toString(36).slice(2, 6)

  const ada = await signUp(connect(), `ada-${run}@example.com`, `ada-${run}`)
  const bob = await signUp(connect(), `bob-${run}@example.com`, `bob-${run}`)
  log('signed up two users; the trigger made their profiles')

  await signInAgain(ada)
  log('signed in with the password, refreshed the session, read the user')

  const list = await writeTodos(ada.client)
  log('inserted a list, todos in bulk, a note')
  await readTodos(ada.client, list)
  log('selected with filters, order, range, count, JSON paths and embedding')
  await changeTodos(ada.client, list)
  log('updated, upserted, deleted, called functions')

  await writeTodos(bob.client)
  await seeOnlyOwnRows(ada, bob)
  log('neither user sees or changes the rows of the other')
  await anonSeesNothing(connect())
  log('anon sees no rows and may write none')

  unwrap(await ada.client.auth.signOut())
  const { data } = await ada.client.auth.getUser()
  assert.equal(data.user, null)
  log('signed out')
}

async function signUp(client, email, username) {
  const password = `pass-${username}`
  const { user, session } = unwrap(
    await client.auth.signUp({ email, password, options: { data: { username } } }),
  )
  assert.equal(user.email, email)
  assert.equal(user.role, 'authenticated')
  assert.equal(user.user_metadata.username, username)
  assert.ok(session?.access_token, 'sign-up without confirmation opens a session')
  const profile = unwrap(await client.from('profiles').select().eq('id', user.id).single())
  assert.equal(profile.username, username)
  return { client, user, email, password }
}

async function signInAgain({ client, user, email, password }) {
  const wrong = await client.auth.signInWithPassword({ email, password: 'not it' })
  assert.equal(wrong.error?.code, 'invalid_credentials')
  const { session } = unwrap(await client.auth.signInWithPassword({ email, password }))
  const refreshed = unwrap(await client.auth.refreshSession())
  assert.notEqual(refreshed.session.refresh_token, session.refresh_token)
  const { user: current } = unwrap(await client.auth.getUser())
  assert.equal(current.id, user.id)
  const { error } = await client.auth.signUp({ email, password })
  assert.equal(error?.code, 'user_already_exists')
}

async function writeTodos(client) {
  const list = unwrap(await client.from('lists').insert({ name: 'Home' }).select().single())
  const rows = [
    { list_id: list.id, title: 'water the plants', priority: 2, details: { room: 'kitchen' } },
    { list_id: list.id, title: 'pay the "rent", today', priority: 9, details: { due: { day: 1 } } },
    { list_id: list.id, title: 'læs en bog (på dansk)', priority: 1, status: 'doing' },
  ]
  // Rows of different shapes: the client sends `columns`, missing ones take their default.
  const todos = unwrap(await client.from('todos').insert(rows, { defaultToNull: false }).select())
  assert.equal(todos.length, 3)
  unwrap(await client.from('notes').insert({ todo_id: todos[0].id, body: 'not the cactus' }))
  const dup = await client.from('lists').insert({ name: 'Home' })
  assert.equal(dup.status, 409)
  assert.equal(dup.error?.code, '23505')
  return list
}

async function readTodos(client, list) {
  const todos = () => client.from('todos')
  const titles = (rows) => rows.map((row) => row.title)

  const urgent = unwrap(
    await todos()
      .select('title, priority')
      .eq('list_id', list.id)
      .gte('priority', 2)
      .order('priority', { ascending: false }),
  )
  assert.deepEqual(titles(urgent), ['pay the "rent", today', 'water the plants'])

  const page = await todos().select('title', { count: 'exact' }).order('priority').range(1, 2)
  assert.equal(page.count, 3)
  assert.deepEqual(titles(unwrap(page)), ['water the plants', 'pay the "rent", today'])

  const { count } = await todos().select('*', { count: 'exact', head: true }).in('status', ['open'])
  assert.equal(count, 2)

  const either = unwrap(
    await todos().select('title').or('priority.gt.8,title.ilike.*DANSK*').order('title'),
  )
  assert.deepEqual(titles(either), ['læs en bog (på dansk)', 'pay the "rent", today'])

  const inKitchen = unwrap(
    await todos()
      .select('title, room:details->>room, day:details->due->day')
      .contains('details', { room: 'kitchen' })
      .single(),
  )
  assert.deepEqual(inKitchen, { title: 'water the plants', room: 'kitchen', day: null })

  const nested = unwrap(
    await client
      .from('lists')
      .select('name, todos(title, notes(body), profiles(username))')
      .order('priority', { referencedTable: 'todos' })
      .limit(2, { referencedTable: 'todos' })
      .single(),
  )
  assert.equal(nested.name, 'Home')
  assert.deepEqual(titles(nested.todos), ['læs en bog (på dansk)', 'water the plants'])
  assert.equal(nested.todos[1].notes.body, 'not the cactus')
  assert.match(nested.todos[1].profiles.username, /^(ada|bob)-/)

  const none = await todos().select().eq('title', 'no such thing').single()
  assert.equal(none.error?.code, 'PGRST116')
  assert.equal(unwrap(await todos().select().eq('title', 'no such thing').maybeSingle()), null)
  const typo = await todos().select('titel')
  assert.equal(typo.error?.code, '42703')
}

async function changeTodos(client, list) {
  const rent = unwrap(
    await client
      .from('todos')
      .update({ status: 'done' })
      .like('title', 'pay%')
      .select('id, status')
      .single(),
  )
  assert.equal(rent.status, 'done')

  const upserted = unwrap(
    await client
      .from('lists')
      .upsert([{ name: 'Home' }, { name: 'Work' }], {
        onConflict: 'user_id,name',
        ignoreDuplicates: true,
      })
      .select('name'),
  )
  assert.deepEqual(upserted, [{ name: 'Work' }])

  const deleted = await client.from('lists').delete({ count: 'exact' }).eq('name', 'Work')
  assert.equal(deleted.count, 1)

  const completed = unwrap(
    await client.rpc('complete_todos', { list: list.id }).select('title').order('title'),
  )
  assert.equal(completed.length, 2)
  const counts = unwrap(await client.rpc('todo_counts', {}, { get: true }))
  assert.deepEqual(counts, [{ status: 'done', count: 3 }])
}

async function seeOnlyOwnRows(ada, bob) {
  for (const [me, other] of [
    [ada, bob],
    [bob, ada],
  ]) {
    const rows = unwrap(await me.client.from('todos').select('user_id'))
    assert.equal(rows.length, 3)
    assert.ok(rows.every((row) => row.user_id === me.user.id))
    const theirs = unwrap(
      await me.client
        .from('todos')
        .update({ title: 'mine now' })
        .eq('user_id', other.user.id)
        .select(),
    )
    assert.deepEqual(theirs, [])
    const forged = await me.client
      .from('todos')
      .insert({ title: 'for you', user_id: other.user.id })
    assert.equal(forged.status, 403)
    assert.equal(forged.error?.code, '42501')
  }
}

async function anonSeesNothing(client) {
  for (const table of ['profiles', 'lists', 'todos', 'notes'])
    assert.deepEqual(unwrap(await client.from(table).select()), [])
  const { status, error } = await client.from('todos').insert({ title: 'from nobody' })
  assert.equal(status, 401)
  assert.equal(error?.code, '42501')
}
