/** module → modules it may import: the table of code intelligence. Nothing here knows the server, nor the server this. */
export const codeLayers = {
  core: [],
  config: ['core'],
  // Postgres by a URL, migrations, NOTIFY
  postgres: ['core'],
  // requests, answers, the table of routes
  http: ['core'],
  // names of symbols in memory, and which of them fit a pattern
  names: ['core', 'postgres'],
  // answers of searches in memory
  answers: ['core', 'postgres'],
  // who asks: keys of customers and tokens of users, their limits, their usage; what a route is given
  caller: ['core', 'config', 'postgres', 'http', 'names', 'answers'],
  // git as a child process within bounds
  git: ['core', 'config'],
  // sources → symbols and references, in threads
  parse: ['core'],
  // durable jobs: claimed, fenced, recovered
  queue: ['core', 'postgres'],
  // repositories, their secrets
  repository: ['core', 'config', 'postgres', 'http', 'caller', 'git', 'queue'],
  webhook: ['core', 'config', 'postgres', 'http', 'git', 'queue', 'repository'],
  // a commit of a repository → rows
  indexing: ['core', 'config', 'postgres', 'git', 'parse', 'queue'],
  search: ['core', 'config', 'postgres', 'http', 'names', 'caller'],
  // a search with an end, in its turn
  documents: ['core', 'postgres', 'http', 'caller', 'search'],
  api: [
    'core',
    'config',
    'postgres',
    'http',
    'names',
    'answers',
    'caller',
    'queue',
    'repository',
    'webhook',
    'search',
    'documents',
  ],
  worker: ['core', 'config', 'postgres', 'git', 'parse', 'queue', 'indexing'],
  mcp: ['core'],
}
