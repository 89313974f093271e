/** module → modules it may import (type imports count). The whole architecture in one table; parents before children. */
const service = ['kernel', 'config', 'sql', 'db', 'http', 'token', 'service']

export const layers = {
  kernel: [],
  config: ['kernel'],
  sql: ['kernel'],
  http: ['kernel'],
  token: ['kernel'],
  db: ['kernel', 'sql'],
  // config as a type only: a project's configuration is a value in its scope
  service: ['kernel', 'config', 'sql', 'db', 'http', 'token'],
  'data-api': service,
  auth: service,
  // reads relationships the way the data API does, so that types and answers agree
  meta: [...service, 'data-api/catalog', 'data-api/introspect'],
  // a project's configuration at run time, for its own service key and for operators
  admin: service,
  // the supabase/ folder: roles, migrations, seeds, applied the way the Supabase CLI does
  workspace: ['kernel', 'sql', 'db'],
  control: ['kernel', 'config', 'sql', 'db', 'service'],
  gateway: [...service, 'data-api', 'auth'],
  platform: [
    'kernel',
    'config',
    'sql',
    'db',
    'http',
    'token',
    'service',
    'data-api',
    'auth',
    'meta',
    'admin',
    'workspace',
    'control',
    'gateway',
  ],
  // the data API alone, without gateway, keys and migrations: what takes PostgREST's place
  rest: [...service, 'data-api'],
  // mail caught on this machine
  inbox: ['kernel', 'http'],
  // sockets, signals, the embedded Postgres
  node: ['kernel', 'config', 'http', 'inbox', 'rest', 'platform'],
  // the pages generated from the tables in the code
  docs: ['kernel', 'config', 'http', 'data-api', 'auth', 'meta', 'admin', 'rest', 'node'],
  // what tests of this repository and of applications use
  testing: [
    'kernel',
    'config',
    'sql',
    'db',
    'http',
    'control',
    'data-api',
    'auth',
    'inbox',
    'platform',
    'node',
  ],
  // inside auth: statements, then what endpoints are made of, then the endpoints
  'auth/sql': ['kernel', 'sql'],
  // OAuth and OpenID providers: HTTP out, no database
  'auth/provider': ['kernel', 'config', 'token'],
  'auth/domain': [...service, 'auth/sql', 'auth/provider'],
  'auth/mail': [...service, 'auth/domain'],
  'auth/sms': [...service, 'auth/domain'],
  // single sign-on: XML and signatures, no I/O
  'auth/saml': ['kernel', 'config'],
  // what wallets sign
  'auth/web3': ['kernel'],
  'auth/endpoints': [
    ...service,
    'auth/sql',
    'auth/domain',
    'auth/provider',
    'auth/saml',
    'auth/web3',
  ],
  // this project as a provider for others
  'auth/oauth-server': [...service, 'auth/sql', 'auth/domain', 'auth/endpoints'],
  'meta/sql': ['kernel', 'sql'],
  // the stages inside data-api: from URL to SQL text without Node, without Postgres
  'data-api/request': ['kernel'],
  'data-api/catalog': ['kernel'],
  'data-api/plan': ['kernel', 'data-api/request', 'data-api/catalog'],
  'data-api/sql': ['kernel', 'sql', 'data-api/plan'],
  'data-api/response': ['kernel', 'http', 'data-api/request', 'data-api/plan'],
  // many requests in one transaction: their language
  'data-api/transaction': ['kernel', 'data-api/request'],
  // …and the one that asks Postgres
  'data-api/introspect': ['kernel', 'sql', 'db', 'data-api/catalog'],
}
