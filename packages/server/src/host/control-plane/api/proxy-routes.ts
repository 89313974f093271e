/** What a running project answers itself: users, buckets, functions and their logs, secrets, realtime. With its service key. */
import { jsonResponse } from '#base/http'
import { anyObject, apiErrors, filled, forward } from '#host/control-plane/route'
import type { ApiRoute, LeastRole, Schema } from '#host/control-plane/route'

const anything: Schema = { description: 'As the service itself answers' }

interface Row {
  readonly method: ApiRoute['method']
  /** Below the project. */
  readonly path: string
  readonly least: LeastRole
  /** Of the project's own API; `:ref` and other names as in `path`. */
  readonly to: string
  readonly summary: string
  readonly audit?: string
}

const users = '/auth/v1/admin/users'
const buckets = '/storage/v1/bucket'
const own = '/admin/v1/projects/:ref'

const rows: readonly Row[] = [
  { method: 'GET', path: 'users', least: 'read-only', to: users, summary: 'Its users, by page' },
  {
    method: 'POST',
    path: 'users',
    least: 'developer',
    to: users,
    summary: 'Makes a user',
    audit: 'user.create',
  },
  { method: 'GET', path: 'users/:id', least: 'read-only', to: `${users}/:id`, summary: 'One user' },
  {
    method: 'PUT',
    path: 'users/:id',
    least: 'developer',
    to: `${users}/:id`,
    summary: 'Changes a user',
    audit: 'user.update',
  },
  {
    method: 'DELETE',
    path: 'users/:id',
    least: 'developer',
    to: `${users}/:id`,
    summary: 'Deletes a user',
    audit: 'user.delete',
  },
  { method: 'GET', path: 'buckets', least: 'read-only', to: buckets, summary: 'Its buckets' },
  {
    method: 'POST',
    path: 'buckets',
    least: 'developer',
    to: buckets,
    summary: 'Makes a bucket',
    audit: 'bucket.create',
  },
  {
    method: 'GET',
    path: 'buckets/:id',
    least: 'read-only',
    to: `${buckets}/:id`,
    summary: 'One bucket',
  },
  {
    method: 'PUT',
    path: 'buckets/:id',
    least: 'developer',
    to: `${buckets}/:id`,
    summary: 'Changes a bucket',
    audit: 'bucket.update',
  },
  {
    method: 'DELETE',
    path: 'buckets/:id',
    least: 'developer',
    to: `${buckets}/:id`,
    summary: 'Deletes an empty bucket',
    audit: 'bucket.delete',
  },
  {
    method: 'GET',
    path: 'functions',
    least: 'read-only',
    to: `${own}/functions`,
    summary: 'Its deployed functions',
  },
  {
    method: 'PUT',
    path: 'functions',
    least: 'developer',
    to: `${own}/functions`,
    summary: 'Calls what was uploaded before, all at once',
    audit: 'function.activate',
  },
  {
    method: 'GET',
    path: 'functions/:slug/body',
    least: 'developer',
    to: `${own}/functions/:slug/body`,
    summary: 'Its sources',
  },
  {
    method: 'POST',
    path: 'functions/deploy',
    least: 'developer',
    to: `${own}/functions/deploy`,
    summary: 'Deploys a function',
    audit: 'function.deploy',
  },
  {
    method: 'GET',
    path: 'functions/:slug',
    least: 'read-only',
    to: `${own}/functions/:slug`,
    summary: 'One function',
  },
  {
    method: 'PATCH',
    path: 'functions/:slug',
    least: 'developer',
    to: `${own}/functions/:slug`,
    summary: 'Changes a function',
    audit: 'function.update',
  },
  {
    method: 'DELETE',
    path: 'functions/:slug',
    least: 'developer',
    to: `${own}/functions/:slug`,
    summary: 'Deletes a function',
    audit: 'function.delete',
  },
  {
    method: 'GET',
    path: 'functions/:slug/versions',
    least: 'read-only',
    to: `${own}/functions/:slug/versions`,
    summary: 'Its kept versions',
  },
  {
    method: 'POST',
    path: 'functions/:slug/rollback',
    least: 'developer',
    to: `${own}/functions/:slug/rollback`,
    summary: 'Goes back to an earlier version',
    audit: 'function.rollback',
  },
  {
    method: 'GET',
    path: 'functions/:slug/logs',
    least: 'read-only',
    to: `${own}/functions/:slug/logs`,
    summary: 'What it wrote',
  },
  {
    method: 'GET',
    path: 'api-keys',
    least: 'read-only',
    to: `${own}/api-keys`,
    summary: 'Whether it takes keys of its customers, and how many there are',
  },
  {
    method: 'POST',
    path: 'api-keys/enable',
    least: 'developer',
    to: `${own}/api-keys/enable`,
    summary: "Makes the tables of its customers' keys, and takes such keys",
    audit: 'api_keys.enable',
  },
  {
    method: 'POST',
    path: 'api-keys/disable',
    least: 'developer',
    to: `${own}/api-keys/disable`,
    summary: 'Takes no keys of its customers any more; the tables stay',
    audit: 'api_keys.disable',
  },
  {
    method: 'GET',
    path: 'secrets',
    least: 'developer',
    to: `${own}/secrets`,
    summary: "Names and digests of its functions' secrets",
  },
  {
    method: 'POST',
    path: 'secrets',
    least: 'developer',
    to: `${own}/secrets`,
    summary: 'Sets secrets',
    audit: 'secret.set',
  },
  {
    method: 'DELETE',
    path: 'secrets',
    least: 'developer',
    to: `${own}/secrets`,
    summary: 'Removes secrets',
    audit: 'secret.delete',
  },
]

function routeOf({ method, path, least, to, summary, audit }: Row): ApiRoute {
  return {
    method,
    path: `/projects/:ref/${path}`,
    least,
    summary,
    response: anything,
    ...(method === 'GET' ? {} : { streams: true }),
    ...(audit === undefined ? {} : { audit }),
    handle: (call) => forward(call, filled(to, call)),
  }
}

export const proxyRoutes: readonly ApiRoute[] = [
  ...rows.map(routeOf),
  {
    method: 'GET',
    path: '/projects/:ref/realtime/stats',
    least: 'read-only',
    summary: 'The project as it is on this node: connections, channels, how far it is behind',
    response: anyObject('As the node counts'),
    handle: async ({ access, ref }) => {
      if (access === null) throw apiErrors.control_no_node()
      const realtime = access.running(ref)?.realtime() ?? null
      return jsonResponse(200, { ...(await access.stats(ref)), realtime })
    },
  },
]
