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
  'base/token': ['base/kernel'],
  'base/db': ['base/kernel', 'base/sql'],
  // the database's relations, keys and routines as values; introspect/ asks Postgres for them
  'base/catalog': ['base/kernel'],
  'base/catalog/introspect': ['base/kernel', 'base/sql', 'base/db', 'base/catalog'],
  // config as a type only: a project's configuration is a value in its scope
  'base/service': ['base/kernel', 'base/config', 'base/sql', 'base/db', 'base/http', 'base/token'],

  'services/data-api': ['base/*'],
  'services/auth': ['base/*'],
  // types for TypeScript
  'services/meta': ['base/*'],
  // a project's configuration at run time, for its own service key and for operators
  'services/admin': ['base/*'],
  // mail caught on this machine
  'services/inbox': ['base/*'],

  'host/gateway': ['base/*', 'services/*'],
  // projects, keys, secrets: what is provisioned in a database
  'host/control': ['base/*', 'services/*'],
  // the supabase/ folder: roles, migrations, seeds, applied the way the Supabase CLI does
  'host/workspace': ['base/*'],
  'host/platform': ['base/*', 'services/*', 'host/gateway', 'host/control', 'host/workspace'],
  // the data API alone, without gateway, keys and migrations: what takes PostgREST's place
  'host/rest': ['base/*', 'services/*'],
  // sockets, signals, the embedded Postgres
  'host/node': ['base/*', 'services/*', 'host/rest', 'host/platform'],

  // the pages generated from the tables in the code
  docs: ['base/*', 'services/*', 'host/*'],
  // what tests of this repository and of applications use
  testing: ['base/*', 'services/*', 'host/*'],
  // …and adapters of a port; these need vitest
  'testing/suites': ['base/*'],

  // inside auth: statements, then what endpoints are made of, then the endpoints
  'services/auth/sql': ['base/kernel', 'base/sql'],
  // OAuth and OpenID providers: HTTP out, no database
  'services/auth/provider': ['base/kernel', 'base/config', 'base/token'],
  'services/auth/domain': ['base/*', 'services/auth/sql', 'services/auth/provider'],
  'services/auth/mail': ['base/*', 'services/auth/domain'],
  'services/auth/sms': ['base/*', 'services/auth/domain'],
  // single sign-on: XML and signatures, no I/O
  'services/auth/saml': ['base/kernel', 'base/config'],
  // what wallets sign
  'services/auth/web3': ['base/kernel'],
  'services/auth/endpoints': [
    'base/*',
    'services/auth/sql',
    'services/auth/domain',
    'services/auth/provider',
    'services/auth/saml',
    'services/auth/web3',
  ],
  // this project as a provider for others
  'services/auth/oauth-server': [
    'base/*',
    'services/auth/sql',
    'services/auth/domain',
    'services/auth/endpoints',
  ],
  'services/meta/sql': ['base/kernel', 'base/sql'],
  // the stages inside data-api: from URL to SQL text without Node, without Postgres
  'services/data-api/request': ['base/kernel'],
  'services/data-api/plan': ['base/kernel', 'base/catalog', 'services/data-api/request'],
  'services/data-api/sql': ['base/kernel', 'base/sql', 'services/data-api/plan'],
  'services/data-api/response': [
    'base/kernel',
    'base/http',
    'services/data-api/request',
    'services/data-api/plan',
  ],
  // many requests in one transaction: their language
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
