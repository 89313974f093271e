/** `db-uri` as libpq reads it: a URI or `name=value` pairs, the rest from PG* variables and the user's name. */
import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import type { Variables } from '#base/config'
import { parseConnectionUrl } from '#base/db'
import type { ConnectionOptions } from '#base/db'

type Parameters = Record<string, string>

/** `connectionOf('host=db user=api', { PGPORT: '6432' })` → options for api@db:6432/api */
export function connectionOf(uri: string, libpq: Variables): ConnectionOptions {
  const given = /^postgres(ql)?:\/\//.test(uri) ? readUri(uri) : readPairs(uri)
  const found: Parameters = { ...readVariables(libpq), ...given }
  const user = found['user'] ?? userInfo().username
  const port = found['port'] ?? '5432'
  const options = [
    ...(libpq['PGTZ'] === undefined ? [] : [`-c timezone=${libpq['PGTZ']}`]),
    found['options'] ?? '',
  ].join(' ')
  const query = new URLSearchParams({ ...found, options })
  query.set('host', found['host'] ?? defaultHost(port))
  const text = encodeURIComponent
  const credentials = `${text(user)}:${text(found['password'] ?? '')}`
  const url = `postgres://${credentials}@x:${port}/${text(found['dbname'] ?? user)}?${query.toString()}`
  return parseConnectionUrl(url)
}

const uriParts =
  /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?(\[[^\]]*\]|[^:/?]*)(?::(\d*))?(?:\/([^?]*))?(?:\?(.*))?$/

/** By hand: `new URL` refuses `postgresql://user@/db?host=/socket`. */
function readUri(uri: string): Parameters {
  const [, user, password, host, port, dbname, query] = uriParts.exec(uri) ?? []
  const decoded = Object.entries({
    user,
    password,
    host: host?.replace(/^\[|\]$/g, ''),
    port,
    dbname,
  })
    .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
    .map(([name, value]) => [name, decodeURIComponent(value)])
  return {
    ...(Object.fromEntries(decoded) as Parameters),
    ...Object.fromEntries(new URLSearchParams(query ?? '')),
  }
}

/** `host=localhost password='with \' quote'` */
function readPairs(text: string): Parameters {
  const parameters: Parameters = {}
  for (const [, name, quoted, bare] of text.matchAll(
    /(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))/g,
  )) {
    if (name !== undefined) parameters[name] = (quoted ?? bare ?? '').replaceAll(/\\(.)/g, '$1')
  }
  return parameters
}

const variables: Readonly<Record<string, string>> = {
  PGHOST: 'host',
  PGPORT: 'port',
  PGUSER: 'user',
  PGPASSWORD: 'password',
  PGDATABASE: 'dbname',
  PGSSLMODE: 'sslmode',
  PGSSLROOTCERT: 'sslrootcert',
  PGSSLCERT: 'sslcert',
  PGSSLKEY: 'sslkey',
  PGAPPNAME: 'application_name',
  PGCONNECT_TIMEOUT: 'connect_timeout',
  PGOPTIONS: 'options',
}

function readVariables(libpq: Variables): Parameters {
  const parameters: Parameters = {}
  for (const [variable, name] of Object.entries(variables)) {
    const value = libpq[variable]
    if (value !== undefined && value !== '') parameters[name] = value
  }
  return parameters
}

/** libpq's own default is the socket's folder, which differs between systems. */
function defaultHost(port: string): string {
  const folders = ['/var/run/postgresql', '/tmp']
  return folders.find((folder) => existsSync(`${folder}/.s.PGSQL.${port}`)) ?? '127.0.0.1'
}
