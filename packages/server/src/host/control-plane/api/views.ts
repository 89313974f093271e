/** What answers look like: projects, keys, operators as JSON, in the names of the wire. */
import type { ProjectRecord } from '#host/control-plane/core'
import type { Operator } from '#host/control-plane/operators'
import type { ProjectSummary } from '#host/control-plane/store'
import { defineConfig, overlayConfig, toPrintable } from '#base/config'
import type { ConfigTree } from '#base/config'
import { withOneHost } from '#base/db'
import { isJsonObject } from '#base/kernel'
import {
  flag,
  integer,
  isoOf,
  listOf,
  moment,
  nullable,
  object,
  oneOf,
  text,
} from '#host/control-plane/route'

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : isoOf(ms))

const projectMembers = {
  ref: text('Its name in URLs', 40),
  name: text('Its name for people', 100),
  status: oneOf(
    ['active', 'paused', 'deleted'],
    'A deleted project can be restored until it is purged',
  ),
  version: integer('Counts up with each change'),
  kept_open: flag('It has work of its own: nodes keep it open'),
  api_url: nullable(text('Where it is reached; null while no node has said where the fleet is')),
  created_at: moment('When it was made'),
  updated_at: moment('When it was last changed'),
  deleted_at: nullable(moment('When it was deleted')),
}
const keyMembers = {
  anon_key: text('JWT of the role anon'),
  service_role_key: text('JWT of the role service_role: it passes all policies'),
  publishable_key: text('sb_publishable_…'),
  secret_key: text('sb_secret_…: it passes all policies'),
}

export const projectSchema = object(projectMembers)
export const shownProjectSchema = object({
  ...projectMembers,
  db_url: text('Its database, the password masked', 5000),
})
export const requirementSchema = object({
  level: oneOf(['missing', 'warning'], 'A warning is a feature that will not work'),
  message: text('What is wrong'),
  remedy: text('What mends it'),
})
export const createdProjectSchema = object({
  ...projectMembers,
  db_url: text('Its database, the password masked', 5000),
  ...keyMembers,
  warnings: listOf(requirementSchema, 'What will not work in this database'),
})
export const keysSchema = object({
  ref: text('The project', 40),
  ...keyMembers,
  signing: oneOf(['HS256', 'ES256'], 'What tokens are signed with'),
  retired_until: listOf(
    moment('When an earlier set of keys ends'),
    'Earlier sets that are still good',
  ),
})
export const operatorSchema = object({
  id: text('UUID', 36),
  email: text('Address', 255),
  role: oneOf(['read-only', 'developer', 'admin', 'owner'], 'What they may do at most'),
  created_at: moment('When they were made one'),
  last_seen_at: nullable(moment('When they last did something')),
})

export function projectView(summary: ProjectSummary, externalUrl: string | null): object {
  return {
    ref: summary.ref,
    name: summary.name,
    status: summary.status,
    version: summary.version,
    kept_open: summary.keptOpen,
    api_url: externalUrl?.replace('<ref>', summary.ref) ?? null,
    created_at: isoOf(summary.createdMs),
    updated_at: isoOf(summary.updatedMs),
    deleted_at: isoOrNull(summary.deletedMs),
  }
}

export function keysView({ ref, keys }: ProjectRecord): object {
  return {
    ref,
    anon_key: keys.anonKey,
    service_role_key: keys.serviceRoleKey,
    publishable_key: keys.publishableKey,
    secret_key: keys.secretKey,
    signing: keys.signingKeys.length > 0 ? 'ES256' : 'HS256',
    retired_until: keys.retired.map(({ untilMs }) => isoOf(untilMs)),
  }
}

export function operatorView({ id, email, role, createdMs, lastSeenMs }: Operator): object {
  return { id, email, role, created_at: isoOf(createdMs), last_seen_at: isoOrNull(lastSeenMs) }
}

const mask = '********'

/** `postgres://user:********@host/db`; a reference to a secret is none itself. */
export function maskUrl(url: string): string {
  if (!/^postgres(ql)?:/.test(url)) return url
  try {
    const masked = new URL(withOneHost(url))
    if (masked.password !== '') masked.password = mask
    if (masked.searchParams.has('password')) masked.searchParams.set('password', mask)
    return masked.href
  } catch {
    return mask
  }
}

/** What the tree sets, its secrets masked: sent back, a mask leaves a secret as it is. */
export function maskConfig(tree: ConfigTree): object {
  const { config } = overlayConfig(defineConfig(), tree, 'configuration', () => true)
  return shownOf(tree, toPrintable(config))
}

function shownOf(tree: object, printed: unknown): object {
  const entries = Object.entries(tree).flatMap<readonly [string, unknown]>(([name, value]) => {
    const shown = isJsonObject(printed) ? printed[name] : undefined
    if (isJsonObject(value)) return [[name, shownOf(value, shown)]]
    return shown === undefined ? [] : [[name, shown]]
  })
  return Object.fromEntries(entries)
}
