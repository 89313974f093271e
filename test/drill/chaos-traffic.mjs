/** Mixed traffic of stock clients, each kind in a loop of its own: what was acknowledged, and what every failure said. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@supabase/supabase-js'
import ws from 'ws'

const password = 'of the chaos run 1'
const bigBytes = 1_000_000
const maxBig = 20
const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** A failure by what a program could act on: its code, else its status and message. */
export function codeOf(error, status) {
  const said = error?.context?.status ?? error?.status ?? error?.statusCode ?? status
  const code = error?.code ?? error?.error ?? error?.context?.headers?.get?.('x-basalt-error')
  const message = String(error?.message ?? error)
  if (
    /fetch failed|Failed to fetch|transport failure|socket hang up|ECONNREFUSED|terminated/.test(
      message + (error?.details ?? ''),
    )
  )
    return 'no connection'
  if (/timed? ?out|aborted/i.test(message) && !said) return 'timeout of the client'
  return [said, code && String(code) !== String(said) ? code : message.slice(0, 60)]
    .filter(Boolean)
    .join(' ')
}

export class Traffic {
  #ground
  #isOver = false
  #loops = []
  acknowledged = { rows: new Map(), users: new Map(), objects: new Map() }
  /** Each thing that was tried: kind, at, ms, failure or null. */
  tried = []

  constructor(ground) {
    this.#ground = ground
  }

  client(key = this.#ground.keys.publishableKey) {
    return createClient(this.#ground.url, key, {
      auth: { persistSession: false, autoRefreshToken: false },
      global: { headers: { 'x-project-ref': 'drill' }, fetch: bounded },
      realtime: { transport: WithProject, timeout: 3000 },
    })
  }

  async start() {
    const user = this.client()
    const { data, error } = await user.auth.signUp({ email: 'main@example.com', password })
    if (error) throw error
    this.owner = data.user.id
    await this.client(this.#ground.keys.secretKey).storage.createBucket('files')
    const each = [
      ['rows', () => this.#row(user)],
      ['rows', () => this.#row(user)],
      ['reads', () => this.#read(user)],
      ['rpc', () => this.#rpc(user)],
      ['sign-up', () => this.#signUp()],
      ['sign-in', () => this.#signIn()],
      ['refresh', () => this.#refresh(user)],
      ['upload', () => this.#upload(user, 20_000)],
      ['upload of 6 MB', () => this.#upload(user, 6_000_000), 400],
      ['download', () => this.#download(user)],
      ['broadcast', () => this.#broadcast(), 100],
      ['changes', () => this.#change(user), 100],
    ]
    this.#loops = each.map(([kind, work, ms = 20]) => this.#loop(kind, work, ms))
  }

  async stop() {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  async #loop(kind, work, ms) {
    while (!this.#isOver) {
      const began = performance.now()
      let failure = null
      try {
        failure = (await work()) ?? null
      } catch (error) {
        failure = codeOf(error)
      }
      const now = performance.now()
      this.tried.push({ kind, began, at: now, ms: now - began, failure })
      await pause(failure === null ? ms : 100)
    }
  }

  async #row(user) {
    const [id, body] = [randomUUID(), randomBytes(8).toString('hex')]
    const { error, status } = await user.from('notes').insert({ id, body })
    if (error) return codeOf(error, status)
    this.acknowledged.rows.set(id, body)
  }

  /** What was acknowledged is read by who wrote it, at once. */
  async #read(user) {
    const id = [...this.acknowledged.rows.keys()].at(-1)
    if (id === undefined) return
    const { data, error, status } = await user.from('notes').select('body').eq('id', id)
    if (error) return codeOf(error, status)
    if (data.length !== 1) return `WRONG: ${data.length} rows of one that was acknowledged`
  }

  async #rpc(user) {
    const { data, error, status } = await user.rpc('add', { a: 2, b: 3 })
    if (error) return codeOf(error, status)
    if (data !== 5) return `WRONG: ${data}`
  }

  async #signUp() {
    const email = `${randomUUID()}@example.com`
    const { data, error } = await this.client().auth.signUp({ email, password })
    if (error) return codeOf(error)
    this.acknowledged.users.set(email, data.user.id)
    await pause(300)
  }

  async #signIn() {
    const { data, error } = await this.client().auth.signInWithPassword({
      email: 'main@example.com',
      password,
    })
    if (error) return codeOf(error)
    if (data.user.id !== this.owner) return 'WRONG: another user'
    await pause(300)
  }

  async #refresh(user) {
    const { error } = await user.auth.refreshSession()
    if (error) {
      // a token whose answer was lost is used up: stock clients sign in again
      if (error.code === 'refresh_token_already_used' || /Auth session missing/.test(error.message))
        await user.auth.signInWithPassword({ email: 'main@example.com', password })
      return codeOf(error)
    }
    await pause(500)
  }

  async #upload(user, size) {
    const [name, bytes] = [`${size}/${randomUUID()}`, randomBytes(size)]
    const { error } = await user.storage.from('files').upload(name, bytes)
    if (error) return codeOf(error)
    this.acknowledged.objects.set(name, digestOf(bytes))
    return size > bigBytes ? this.#removeBig(user) : undefined
  }

  /** Most large ones go again: S3 has only so much room. */
  async #removeBig(user) {
    const big = [...this.acknowledged.objects.keys()].filter(
      (name) => Number.parseInt(name, 10) > bigBytes,
    )
    const names = big.slice(0, -maxBig)
    if (names.length === 0) return
    // from here on nothing is claimed of them
    for (const name of names) this.acknowledged.objects.delete(name)
    const { error } = await user.storage.from('files').remove(names)
    if (error) return codeOf(error)
  }

  async #download(user) {
    const names = [...this.acknowledged.objects.keys()]
    const name = names[Math.floor(Math.random() * names.length)]
    if (name === undefined) return
    const { data, error } = await user.storage.from('files').download(name)
    if (!this.acknowledged.objects.has(name)) return
    if (error) return codeOf(error)
    const digest = digestOf(Buffer.from(await data.arrayBuffer()))
    if (digest !== this.acknowledged.objects.get(name)) return 'WRONG: other bytes'
  }

  /** A new client each time: what somebody meets who comes now. */
  async #broadcast() {
    const client = this.client(this.#ground.keys.secretKey)
    const channel = client.channel('room', { config: { broadcast: { self: true } } })
    try {
      return await heard(
        channel,
        (resolve) => channel.on('broadcast', { event: 'x' }, resolve),
        () => channel.send({ type: 'broadcast', event: 'x', payload: {} }),
      )
    } finally {
      void client.removeAllChannels()
      void client.realtime.disconnect()
    }
  }

  async #change(user) {
    const client = this.client(this.#ground.keys.secretKey)
    const id = randomUUID()
    const channel = client.channel(`notes-${id}`)
    const listen = (resolve) =>
      channel.on(
        'postgres_changes',
        { event: 'INSERT', schema: 'public', table: 'notes', filter: `id=eq.${id}` },
        resolve,
      )
    try {
      return await heard(channel, listen, async () => {
        const { error } = await user.from('notes').insert({ id, body: 'heard' })
        if (error === null) this.acknowledged.rows.set(id, 'heard')
      })
    } finally {
      void client.removeAllChannels()
      void client.realtime.disconnect()
    }
  }

  /** What is wrong in the end; everything is up again. */
  async verify() {
    const wrong = []
    const rows = new Map()
    for (const { id, body } of await this.#ground.servers.project.run(
      'select id, body from public.notes',
    ))
      rows.set(id, [...(rows.get(id) ?? []), body])
    for (const [id, body] of this.acknowledged.rows) {
      const found = rows.get(id) ?? []
      if (found.length !== 1 || found[0] !== body) wrong.push(`row ${id}: ${found.length} times`)
    }
    const users = await this.#ground.servers.project.run('select id, email from auth.users')
    const known = new Set(users.map(({ id, email }) => `${id} ${email}`))
    for (const [email, id] of this.acknowledged.users)
      if (!known.has(`${id} ${email}`)) wrong.push(`user ${email}`)
    const admin = this.client(this.#ground.keys.secretKey)
    for (const [name, digest] of this.acknowledged.objects) {
      const { data, error } = await admin.storage.from('files').download(name)
      const found = error === null ? digestOf(Buffer.from(await data.arrayBuffer())) : codeOf(error)
      if (found !== digest) wrong.push(`object ${name}: ${found}`)
    }
    return wrong
  }
}

/** Whether `act`, once the channel is joined, is heard within 4 s. */
function heard(channel, listen, act) {
  return new Promise((done) => {
    const timer = setTimeout(() => done('timeout of the client'), 4000)
    const end = (failure) => {
      clearTimeout(timer)
      done(failure)
    }
    let acted = false
    const begin = () => {
      if (acted) return
      acted = true
      Promise.resolve(act()).catch((error) => end(codeOf(error)))
    }
    listen(() => end())
    const waitsForSystem = channel.bindings?.postgres_changes !== undefined
    channel.on('system', {}, (told) => {
      if (told.status === 'ok') begin()
      else end(`system ${String(told.message).slice(0, 60)}`)
    })
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED' && !waitsForSystem) begin()
      else if (status === 'CHANNEL_ERROR')
        end(error === undefined ? 'no connection' : codeOf(error))
    })
  })
}

/** Browsers name the project by its host; here a header does, which WebSockets of Node may send too. */
class WithProject extends ws {
  constructor(address, protocols) {
    super(address, protocols, { headers: { 'x-project-ref': 'drill' } })
  }
}

/** No client waits for ever. */
const bounded = (input, init) => fetch(input, { ...init, signal: AbortSignal.timeout(12_000) })
