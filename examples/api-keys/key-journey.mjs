/** What a customer does with keys, in the page of the product and in a program of their own. */
import { createClient } from '@supabase/supabase-js'

export async function keyJourney({ url, anonKey, log, realtime = {} }) {
  const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime }
  // in the product's page: a signed-in user makes a key
  const page = createClient(url, anonKey, options)
  const email = `customer-${Date.now()}@example.com`
  check(await page.auth.signUp({ email, password: 'correct horse battery' }))
  const made = check(
    await page
      .from('api_keys')
      .insert({ name: 'my server', permissions: { read: true, write: true }, rate_limit: 100 })
      .select()
      .single(),
  )
  log(`made a key, shown this one time: ${made.key.slice(0, 14)}…`)
  const [listed] = check(
    await page.from('api_keys').select('*').order('created_at', { ascending: false }),
  )
  log(`listed it without: ${listed.name}, ${listed.key}`)

  // in the customer's program: nothing but the key
  const program = createClient(url, made.key, options)
  const row = check(await program.from('repositories').insert({ name: 'basalt' }).select().single())
  log(
    `wrote with it, as the same user: ${row.user_id === listed.user_id}, ${row.api_key_id === made.id}`,
  )
  const response = await fetch(`${url}/rest/v1/repositories?select=name`, {
    headers: { 'x-api-key': made.key },
  })
  log(
    `read with it: ${await response.text()}, ${response.headers.get('x-ratelimit-remaining')} of ${response.headers.get('x-ratelimit-limit')} left this minute`,
  )

  // back in the page: what it was used for, and its end
  const usage = await until(async () => {
    const rows = check(await page.from('usage_metrics').select().order('created_at'))
    return rows.length >= 2 ? rows : null
  })
  for (const { method, endpoint, status_code: status } of usage)
    log(`used: ${method} ${endpoint} ${status}`)
  check(await page.from('api_keys').delete().eq('id', made.id))
  await until(async () => (await program.from('repositories').select()).status === 401)
  log('deleted it: 401 from now on')
}

function check({ data, error }) {
  if (error) throw new Error(error.message, { cause: error })
  return data
}

async function until(look) {
  for (const end = Date.now() + 5_000; Date.now() < end;) {
    const found = await look()
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('waited in vain')
}
