/**
 * module → modules it may import (type imports count). The whole architecture in one table; parents before children.
 * Three floors: `base`, what everything stands on; `services`, what callers talk to, which never import each other (what one
 * needs of another arrives as a port); `host`, what makes them a running thing. `floor/*` is all of a floor. No arrow points up.
 */
export const layers = {
  'base/kernel': [],
  'base/config': ['base/kernel'],
  'base/sql': ['base/kernel'],
  'base/http': ['base/kernel'],
  // bodies of several parts
  'base/form': ['base/http'],
  'base/token': ['base/kernel'],
  'base/db': ['base/kernel', 'base/sql'],
  // what is kept in Vault or AWS Secrets Manager
  'base/secret': ['base/kernel'],
  // where bytes are kept: disk, S3, memory
  'base/blob': ['base/kernel', 'base/http'],
  // what nodes say to each other
  'base/bus': ['base/kernel'],
  // config as a type only: a project's configuration is a value in its scope
  'base/service': ['base/kernel', 'base/config', 'base/sql', 'base/db', 'base/http', 'base/token'],
  // the database's relations, keys and routines as values; introspect/ asks Postgres for them
  'base/catalog': ['base/kernel'],
  'base/catalog/introspect': ['base/kernel', 'base/sql', 'base/db', 'base/catalog', 'base/service'],

  'services/data-api': ['base/*'],
  'services/auth': ['base/*'],
  // types for TypeScript
  'services/meta': ['base/*'],
  // keys of a project's own customers, their limits and what they were used for
  'services/api-keys': ['base/*'],
  // a project's configuration at run time, for its own service key and for operators
  'services/admin': ['base/*'],
  // mail caught on this machine
  'services/inbox': ['base/*'],
  // what stands in for extensions that stock Postgres lacks, and the worker behind pg_net and pg_cron
  'services/extensions': ['base/*'],
  // buckets and objects; so far their schema, which applications' SQL stands on
  'services/storage': ['base/*'],
  // channels over WebSockets, presence, changes of rows
  'services/realtime': ['base/*'],
  // the project's own code, called over HTTP in a sandbox
  'services/functions': ['base/*'],

  // recorded steps on their way to a collector
  'host/observe/export': ['base/*'],
  // requests followed step by step, for traces and the log of slow ones
  'host/observe': ['base/*', 'host/observe/export'],
  // clients behind proxies, rate limits, what browsers are told
  'host/gateway/edge': ['base/*'],
  'host/gateway': ['base/*', 'services/*', 'host/gateway/edge', 'host/observe'],
  // projects, keys, secrets: what is provisioned in a database
  'host/control': ['base/*', 'services/*'],
  // the supabase/ folder: roles, migrations, seeds, applied the way the Supabase CLI does
  // which extensions and index methods are stand-ins
  'host/workspace': ['base/*', 'services/extensions'],
  // pgTAP tests of the supabase/ folder, as psql and pg_prove run them
  'host/sql-tests': ['base/*'],
  // what is wrong with a deployment, and what mends it
  'host/doctor': ['base/*'],
  // reads on read replicas
  'host/replicas': ['base/*'],
  'host/platform': [
    'base/*',
    'services/*',
    'host/gateway',
    'host/control',
    'host/workspace',
    'host/replicas',
    'host/observe',
  ],
  // the projects of a fleet and who may do what with them, in the control database
  'host/control-plane': ['base/*', 'host/control', 'host/platform'],
  'host/control-plane/core': ['base/*'],
  // rows of the control database, sealed and in the open
  'host/control-plane/store': ['base/*', 'host/control-plane/core'],
  'host/control-plane/operators': ['base/*', 'host/control-plane/core', 'host/control-plane/store'],
  // what becomes of a project, from its making to its end
  'host/control-plane/lifecycle': [
    'base/*',
    'host/control',
    'host/platform',
    'host/control-plane/core',
    'host/control-plane/store',
  ],
  // a project's own database, for operators
  'host/control-plane/inspect': ['base/*', 'host/platform', 'host/control-plane/core'],
  // what a row of the table of /admin/v1 is made of
  'host/control-plane/route': [
    'base/*',
    'host/control-plane/core',
    'host/control-plane/store',
    'host/control-plane/operators',
    'host/control-plane/lifecycle',
    'host/control-plane/inspect',
  ],
  // the rows that Studio's page calls, room by room
  'host/studio': ['base/*', 'host/control-plane/route'],
  // the project as it runs: requests, metrics, checks, options
  'host/studio/running': [
    'base/*',
    'host/doctor',
    'host/control-plane/core',
    'host/control-plane/inspect',
    'host/control-plane/route',
  ],
  // what the project's own services answer
  'host/studio/pass-on': ['base/*', 'services/auth', 'host/control-plane/route'],
  // SQL of operators, snippets, migrations
  'host/studio/sql': [
    'base/*',
    'host/workspace',
    'host/platform',
    'host/control-plane/core',
    'host/control-plane/inspect',
    'host/control-plane/route',
  ],
  // the one project of `basalt start` in the place of a fleet
  'host/control-plane/single': [
    'base/*',
    'host/control-plane/core',
    'host/control-plane/store',
    'host/control-plane/operators',
    'host/control-plane/lifecycle',
    'host/control-plane/inspect',
    'host/control-plane/route',
  ],
  // relations, their columns and keys, and what else a database holds
  'host/studio/catalog': ['base/*', 'host/control-plane/route', 'host/control-plane/inspect'],
  // rows of a relation, page by page, and changes of them
  'host/studio/rows': [
    'base/*',
    'host/control-plane/route',
    'host/control-plane/inspect',
    'host/studio/catalog',
  ],
  // whole tables in and out
  'host/studio/transfer': [
    'base/*',
    'host/control-plane/route',
    'host/control-plane/inspect',
    'host/studio/catalog',
    'host/studio/rows',
  ],
  // whom policies let do what, and why
  'host/studio/policies': [
    'base/*',
    'host/control-plane/route',
    'host/control-plane/inspect',
    'host/studio/catalog',
    'host/studio/rows',
  ],
  // what a schema could do better
  'host/studio/advisors': [
    'base/*',
    'host/control-plane/route',
    'host/control-plane/inspect',
    'host/studio/policies',
  ],
  // /admin/v1 of the fleet
  'host/control-plane/api': [
    'base/*',
    'host/control-plane/core',
    'host/control-plane/store',
    'host/control-plane/operators',
    'host/control-plane/lifecycle',
    'host/control-plane/inspect',
    'host/control-plane/route',
    'host/studio',
  ],
  // which of them are open on this node
  'host/fleet': [
    'base/*',
    'services/*',
    'host/gateway',
    'host/control',
    'host/platform',
    'host/control-plane',
    'host/observe',
  ],
  // the data API alone, without gateway, keys and migrations: what takes PostgREST's place
  'host/rest': ['base/*', 'services/*'],
  // a database's files, its log and its objects, kept where they can be had again
  'host/backup': ['base/*'],
  // sockets, signals, the embedded Postgres
  'host/node': [
    'base/*',
    'host/doctor',
    'services/*',
    'host/rest',
    'host/platform',
    'host/control-plane',
    'host/fleet',
    'host/sql-tests',
    'host/observe',
  ],
  // what starting says and how it fails
  'host/node/core': ['base/kernel'],
  'host/node/postgres': ['base/*', 'services/extensions', 'host/node/core'],
  // content codings
  'host/node/http/compress': ['base/*'],
  'host/node/http': ['base/*', 'host/node/core', 'host/node/http/compress'],
  'host/node/blobs': ['base/*', 'host/node/core'],
  // backups of a project on this machine: made, restored, compared
  'host/node/backup': [
    'base/*',
    'services/extensions',
    'services/functions',
    'host/backup',
    'host/platform',
    'host/node/core',
    'host/node/postgres',
    'host/node/blobs',
  ],
  // Deno, as whom, and where
  'host/node/functions': [
    'base/*',
    'services/functions',
    'host/node/core',
    'host/node/http',
    'host/node/postgres',
  ],
  // Studio's port: who is signed in to its page, its files
  'host/node/studio': [
    'base/*',
    'host/gateway',
    'host/control-plane',
    'host/node/core',
    'host/node/http',
  ],
  // a node of a fleet: its ports, its processes
  'host/node/fleet': [
    'base/*',
    'services/functions',
    'host/gateway',
    'host/platform',
    'host/control-plane',
    'host/fleet',
    'host/observe',
    'host/node/core',
    'host/node/http',
    'host/node/blobs',
    'host/node/functions',
    'host/node/studio',
  ],

  // the pages generated from the tables in the code
  docs: ['base/*', 'services/*', 'host/*'],
  // what tests of this repository and of applications use
  testing: ['base/*', 'services/*', 'host/*', 'host/node/fleet', 'host/studio/policies'],
  // …and adapters of a port; these need vitest
  'testing/suites': ['base/*'],

  // inside auth: rooms by concern, each above what it stands on (decision 0009)
  'services/auth/sql': ['base/kernel', 'base/sql'],
  // other people's servers: HTTP out, no database
  'services/auth/outside': ['base/kernel'],
  // the ports of all rooms are here, so that a context can carry what they bring
  'services/auth/core': ['base/*', 'services/auth/sql', 'services/auth/outside'],
  'services/auth/redirect': ['base/*', 'services/auth/core'],
  'services/auth/limits': ['base/*', 'services/auth/core', 'services/auth/outside'],
  'services/auth/password': ['base/*', 'services/auth/core'],
  'services/auth/hooks': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/outside',
  ],
  'services/auth/messages': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/limits',
    'services/auth/hooks',
  ],
  'services/auth/messages/mail': ['base/*', 'services/auth/core', 'services/auth/messages'],
  'services/auth/messages/sms': ['base/*', 'services/auth/core', 'services/auth/outside'],
  'services/auth/session': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/limits',
    'services/auth/password',
    'services/auth/hooks',
  ],
  'services/auth/sign-up': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/limits',
    'services/auth/password',
    'services/auth/hooks',
    'services/auth/messages',
    'services/auth/session',
  ],
  'services/auth/verification': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/limits',
    'services/auth/password',
    'services/auth/hooks',
    'services/auth/messages',
    'services/auth/session',
    'services/auth/sign-up',
  ],
  'services/auth/account': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/password',
    'services/auth/messages',
    'services/auth/verification',
  ],
  // who a provider says somebody is; linking and sso know it too
  'services/auth/provider': ['base/kernel', 'base/config', 'base/token', 'services/auth/outside'],
  // whose account that is: the one place that says so, for providers, ID tokens, wallets and companies
  'services/auth/linking': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/hooks',
    'services/auth/messages',
    'services/auth/provider',
  ],
  'services/auth/external': [
    'base/*',
    'services/auth/sql',
    'services/auth/outside',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/messages',
    'services/auth/session',
    'services/auth/provider',
    'services/auth/linking',
  ],
  'services/auth/external/presets': [
    'base/kernel',
    'base/config',
    'base/token',
    'services/auth/outside',
    'services/auth/provider',
  ],
  // what wallets sign
  'services/auth/external/web3': ['base/kernel'],
  'services/auth/sso': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/session',
    'services/auth/provider',
    'services/auth/linking',
  ],
  // XML and signatures, no I/O
  'services/auth/sso/saml': ['base/kernel', 'base/config'],
  'services/auth/factors': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/hooks',
    'services/auth/messages',
    'services/auth/session',
  ],
  'services/auth/admin': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/password',
    'services/auth/hooks',
    'services/auth/messages',
    'services/auth/sign-up',
  ],
  // this project as a provider for others
  'services/auth/oauth-server': [
    'base/*',
    'services/auth/sql',
    'services/auth/core',
    'services/auth/redirect',
    'services/auth/limits',
    'services/auth/session',
  ],
  'services/auth/discovery': [
    'base/*',
    'services/auth/core',
    'services/auth/messages',
    'services/auth/session',
  ],
  // auth for its own tests
  'services/auth/testing': [
    'base/*',
    'services/auth',
    'services/auth/core',
    'services/auth/outside',
  ],
  'services/auth/testing/providers': ['base/kernel', 'services/auth/sso/saml'],
  // inside storage
  'services/storage/core': ['base/*'],
  'services/storage/bucket': ['base/*', 'services/storage/core'],
  'services/storage/object': ['base/*', 'services/storage/core', 'services/storage/bucket'],
  'services/storage/listing': [
    'base/*',
    'services/storage/core',
    'services/storage/bucket',
    'services/storage/object',
  ],
  'services/storage/resumable': [
    'base/*',
    'services/storage/core',
    'services/storage/bucket',
    'services/storage/object',
  ],
  'services/storage/render': ['base/*', 'services/storage/core', 'services/storage/object'],
  // another language for the same objects
  'services/storage/s3': [
    'base/*',
    'services/storage/core',
    'services/storage/bucket',
    'services/storage/object',
    'services/storage/listing',
  ],
  // what was left behind; on its own, for it runs beside the service and not in it
  'services/storage/sweep': ['base/*'],
  'services/storage/testing': ['base/*'],
  // inside functions
  'services/functions/core': ['base/*'],
  'services/functions/logs': ['base/kernel', 'services/functions/core'],
  // the program JavaScript functions run in
  'services/functions/deno': ['base/kernel', 'services/functions/core'],
  // from sources to what runs without a network
  'services/functions/prepare': [
    'base/kernel',
    'services/functions/core',
    'services/functions/deno',
  ],
  'services/functions/source': ['base/kernel', 'base/config', 'services/functions/core'],
  'services/functions/worker': ['base/*', 'services/functions/core', 'services/functions/deno'],
  // WASI commands, in threads
  'services/functions/wasm': ['base/*', 'services/functions/core', 'services/functions/worker'],
  'services/functions/invoke': ['base/*', 'services/functions/core', 'services/functions/worker'],
  // bytes of what is deployed → what is deployed → the endpoints that change it
  'services/functions/artifact': ['base/*'],
  'services/functions/registry': [
    'base/*',
    'services/functions/core',
    'services/functions/artifact',
  ],
  'services/functions/management': [
    'base/*',
    'services/functions/core',
    'services/functions/artifact',
    'services/functions/registry',
  ],
  // inside realtime: messages as bytes → who may hear them → connections and topics → the log of changes
  'services/realtime/wire': ['base/kernel', 'base/service'],
  'services/realtime/core': ['base/*'],
  // who may see a row: its policies as functions of the row and the claims
  'services/realtime/policies': ['base/kernel', 'base/sql'],
  'services/realtime/channel': ['base/*', 'services/realtime/wire', 'services/realtime/core'],
  // the log itself, wherever it is read; nothing of who listens
  'services/realtime/log': ['base/*'],
  // one changed row, nothing of who asked for it
  'services/realtime/rows': ['base/*', 'services/realtime/policies', 'services/realtime/channel'],
  'services/realtime/changes': [
    'base/*',
    'services/realtime/wire',
    'services/realtime/core',
    'services/realtime/policies',
    'services/realtime/channel',
    'services/realtime/log',
    'services/realtime/rows',
  ],
  'services/realtime/api': [
    'base/*',
    'services/realtime/wire',
    'services/realtime/core',
    'services/realtime/channel',
  ],
  'services/meta/sql': ['base/kernel', 'base/sql'],
  // the stages inside data-api: from URL to SQL text without Node, without Postgres
  'services/data-api/request': ['base/kernel', 'base/http'],
  'services/data-api/plan': ['base/kernel', 'base/catalog', 'services/data-api/request'],
  'services/data-api/sql': ['base/kernel', 'base/sql', 'services/data-api/plan'],
  'services/data-api/response': [
    'base/kernel',
    'base/http',
    'services/data-api/request',
    'services/data-api/plan',
  ],
  // many requests in one transaction: their language
  // answers kept until what they show changes
  'services/data-api/cache': ['base/*', 'services/data-api/plan'],
  'services/data-api/transaction': ['base/kernel', 'services/data-api/request'],
}

/** The modules a row admits, with `floor/*` written out. */
export function admits(module) {
  const names = Object.keys(layers)
  return layers[module].flatMap((entry) =>
    entry.endsWith('/*')
      ? names.filter((name) => name.startsWith(entry.slice(0, -1)) && isWholeOrFloor(name))
      : [entry],
  )
}

/** What stands inside a service is its own; inside base, each part has a face for all. */
function isWholeOrFloor(name) {
  return name.startsWith('base/') || name.split('/').length === 2
}
