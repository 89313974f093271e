/** The page: rows and their changes by supabase-js, searches by the API, both as the user who signed in. */
import { settings } from '/settings.js'

const client = globalThis.supabase.createClient(settings.supabaseUrl, settings.anonKey)
const element = (id) => document.getElementById(id)
const tell = (text) => (element('told').textContent = text)
const jobs = new Map()

/** What is asked of the API as the user; an error is told in its words. */
async function ask(path, body) {
  const { data } = await client.auth.getSession()
  const response = await fetch(settings.codeUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${data.session.access_token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (response.ok) return answer
  throw new Error([answer.message, ...answer.suggestions].join(' '))
}

function onSubmit(id, handle) {
  element(id).addEventListener('submit', (event) => {
    event.preventDefault()
    handle(event).catch((error) => tell(error.message))
  })
}

/** Text only: what comes from repositories is no markup. */
function show(id, rows) {
  element(id).replaceChildren(
    ...rows.map((cells) => {
      const row = document.createElement('tr')
      for (const cell of cells) row.insertCell().textContent = cell
      return row
    }),
  )
}

function showJobs() {
  const newest = [...jobs.values()].toSorted((one, other) =>
    one.queued_at < other.queued_at ? 1 : -1,
  )
  show(
    'jobs',
    newest
      .slice(0, 10)
      .map(({ job_type, status, progress, error_message }) => [
        job_type,
        status,
        `${progress?.files_done ?? 0} of ${progress?.files_total ?? 0} files`,
        error_message ?? '',
      ]),
  )
}

async function showRepositories() {
  const { data } = await client
    .from('repositories')
    .select('name, status, sync_state')
    .order('name')
  show(
    'repositories',
    (data ?? []).map(({ name, status, sync_state }) => [name, status, sync_state]),
  )
}

async function readJobs() {
  const { data } = await client
    .from('indexing_jobs')
    .select('*')
    .order('queued_at', { ascending: false })
    .limit(10)
  for (const job of data ?? []) jobs.set(job.id, job)
  showJobs()
  await showRepositories()
}

async function begin() {
  element('sign-in').hidden = true
  element('signed-in').hidden = false
  client
    .channel('jobs')
    .on('postgres_changes', { event: '*', schema: 'public', table: 'indexing_jobs' }, (change) => {
      jobs.set(change.new.id, change.new)
      showJobs()
      void showRepositories()
    })
    // from here on every change arrives: what happened before is read now, so that none falls in between
    .on('system', {}, ({ status }) => {
      if (status === 'ok') void readJobs()
    })
    .subscribe()
  await readJobs()
}

onSubmit('sign-in', async (event) => {
  const { email, password } = Object.fromEntries(new FormData(event.target))
  let { error } = await client.auth.signInWithPassword({ email, password })
  if (error) ({ error } = await client.auth.signUp({ email, password }))
  if (error) tell(error.message)
  else await begin()
})

onSubmit('register', async (event) => {
  const { url } = Object.fromEntries(new FormData(event.target))
  const made = await ask('/api/v1/repositories', { git_url: url })
  tell(
    `Webhook: ${settings.codeUrl}${made.webhook_path}, secret, shown this once: ${made.webhook_secret}`,
  )
  await showRepositories()
})

onSubmit('search', async (event) => {
  const pattern = encodeURIComponent(new FormData(event.target).get('pattern'))
  if (event.submitter.value === 'symbols') {
    const { symbols } = await ask(`/api/v1/symbols/search?pattern=${pattern}`)
    show(
      'found',
      symbols.map(({ kind, signature, path, start_line }) => [
        kind,
        signature,
        `${path}:${start_line}`,
      ]),
    )
  } else {
    const { matches } = await ask(`/api/v1/search/code?pattern=${pattern}&ignore_case=true`)
    show(
      'found',
      matches.map(({ path, line, text }) => [`${path}:${line}`, text]),
    )
  }
})
