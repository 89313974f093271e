/** A small Supabase-like backend inside the program itself: the same code in Node and in a browser. */

/** @param {{ defineStore: Function }} library */
export function defineSchemas({ defineStore }) {
  const own = (row, caller) => row.user_id === caller.sub
  const ofTenant = (row, caller) => row.tenant_id === caller.tenant_id
  const byUser = (caller) => ({ user_id: caller.sub })
  return [
    // every user sees and changes their own todos, and nobody brings a deleted one back
    defineStore('todos', {
      key: 'id',
      policies: {
        select: { check: (row, caller) => own(row, caller) && row.deleted !== true, where: byUser },
        insert: own,
        update: own,
        delete: own,
      },
    })
      .index('by_user_status', ['user_id', 'status'])
      .index('by_user_priority', ['user_id', 'priority'])
      .index('by_user_deleted', ['user_id', 'deleted']),
    // several tenants in one store
    defineStore('projects', {
      key: 'id',
      policies: {
        select: { check: ofTenant, where: (caller) => ({ tenant_id: caller.tenant_id }) },
        insert: ofTenant,
      },
    }).index('by_tenant_name', ['tenant_id', 'name'], { unique: true }),
    // written by the service, in order, never changed
    defineStore('logs', { key: 'id', autoIncrement: true }).index('by_user', ['user_id']),
  ]
}

/** Runs the whole pattern once; gives what it saw, so that a test can look at it. */
export async function runApp({ db, auth, library }) {
  await db.applySchemas([...auth.schemas, ...defineSchemas(library)])

  // sign-up: user and session in one transaction
  const ann = await auth.signUp({ email: 'ann@example.com', password: 'correct horse battery' })
  const bob = await auth.signUp({ email: 'bob@example.com', password: 'staple horse battery' })
  const taken = await auth
    .signUp({ email: 'ANN@example.com', password: 'another password' })
    .catch((error) => error.code)

  // a request: the token says who, the handle what they may
  const session = await auth.validateSession(ann.session.token)
  const asAnn = db.as(session.caller)
  const asBob = db.as((await auth.validateSession(bob.session.token)).caller)
  const todo = (id, status, priority) => ({
    id,
    user_id: session.caller.sub,
    title: `todo ${id}`,
    status,
    priority,
    deleted: false,
  })
  for (let n = 1; n <= 10; n++)
    await asAnn.put('todos', todo(`t${n}`, n % 2 === 0 ? 'open' : 'done', n))

  const open = await asAnn
    .query('todos')
    .whereEq('status', 'open')
    .orderBy('priority', 'desc')
    .limit(3)
    .collect()
  const plan = await asAnn.query('todos').whereEq('status', 'open').explain()
  const seenByBob = await asBob.query('todos').count()
  const stolen = await asBob
    .put('todos', { ...todo('t1', 'open', 1), user_id: bob.user.id })
    .catch((error) => error.code)
  const forged = await asBob.put('todos', todo('t99', 'open', 1)).catch((error) => error.code)

  // pages
  const page = (number) =>
    asAnn
      .query('todos')
      .orderBy('priority')
      .limit(4)
      .offset(4 * number)
      .collect()
  const pages = [await page(0), await page(1), await page(2)].map((rows) => rows.length)

  // soft deletion, and the log of it, in one transaction of the service
  await db.run(['todos', 'logs'], async (tx) => {
    await tx.update('todos', 't1', (row) => ({ ...row, deleted: true }))
    await tx.putAuto('logs', { user_id: session.caller.sub, what: 'deleted t1' })
  })
  await db.putAuto('logs', { user_id: session.caller.sub, what: 'looked at the log' })
  const left = await asAnn.query('todos').count()
  const deleted = await db
    .query('todos')
    .whereEq('user_id', session.caller.sub)
    .whereEq('deleted', true)
    .collect()
  const log = await db.getByIndex('logs', 'by_user', session.caller.sub)

  // tenants
  const acme = db.as({ sub: ann.user.id, role: 'authenticated', tenant_id: 'acme' })
  const umbrella = db.as({ sub: bob.user.id, role: 'authenticated', tenant_id: 'umbrella' })
  await acme.add('projects', { id: 'p1', tenant_id: 'acme', name: 'Rocket' })
  await umbrella.add('projects', { id: 'p2', tenant_id: 'umbrella', name: 'Rocket' })
  const foreign = await umbrella
    .add('projects', { id: 'p3', tenant_id: 'acme', name: 'Trojan' })
    .catch((error) => error.code)

  await auth.signOut(ann.session.token)
  const check = await db.check()
  return {
    taken,
    open: open.map((row) => row.id),
    plan: { index: plan.index, entriesRead: plan.entriesRead },
    seenByBob,
    stolen,
    forged,
    pages,
    left,
    deleted: deleted.map((row) => row.id),
    log: log.map((entry) => `${entry.id}: ${entry.what}`),
    projects: [await acme.getAllKeys('projects'), await umbrella.getAllKeys('projects')],
    foreign,
    signedOut: (await auth.validateSession(ann.session.token)) === undefined,
    problems: check.problems,
  }
}
