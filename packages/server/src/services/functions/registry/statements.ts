/** SQL of the registry. Whatever changes something takes the project's state first: changes of a project follow each other. */
import { arrayLiteral, sql } from '#base/sql'
import type { Statement } from '#base/sql'
import type { NewVersion } from './deployed.ts'

export const channel = 'basalt_functions'

export function takeState(ref: string): Statement {
  return sql`/* functions.takeState */
    insert into basalt.function_states as state (ref) values (${ref})
    on conflict (ref) do update set revision = state.revision + 1`
}

export function announce(ref: string): Statement {
  return sql`/* functions.announce */ select pg_notify(${channel}, ${ref})::text`
}

export function selectRevision(ref: string): Statement {
  return sql`/* functions.selectRevision */
    select revision::text from basalt.function_states where ref = ${ref}`
}

/** Of one function, or of all; `active` only: those that are called. */
export function selectVersions(ref: string, slug: string | null, active: boolean): Statement {
  return sql`/* functions.selectVersions */
    select id::text, name, slug, f.version as active, v.version, artifact, sha256, size::float8, entrypoint, import_map,
      to_json(static_files) as static_files, kind, verify_jwt,
      floor(extract(epoch from v.created_at)::float8 * 1000) as created_ms,
      floor(extract(epoch from f.created_at)::float8 * 1000) as function_created_ms,
      floor(extract(epoch from f.updated_at)::float8 * 1000) as updated_ms
    from basalt.functions f join basalt.function_versions v using (ref, slug)
    where ref = ${ref} and (${slug}::text is null or slug = ${slug}) and (not ${active}::boolean or v.version = f.version)
    order by slug, v.version desc`
}

export function countFunctions(ref: string): Statement {
  return sql`/* functions.count */ select count(*)::int4 as n from basalt.functions where ref = ${ref}`
}

/** The number of the next version. */
export function takeVersion(ref: string, slug: string, name: string): Statement {
  return sql`/* functions.takeVersion */
    insert into basalt.functions as f (ref, slug, name) values (${ref}, ${slug}, ${name})
    on conflict (ref, slug) do update set last_version = f.last_version + 1, name = excluded.name
    returning last_version as version`
}

export function insertVersion(ref: string, version: number, added: NewVersion): Statement {
  const { slug, artifact, sha256, size, entrypoint, importMap, staticFiles, kind } = added
  return sql`/* functions.insertVersion */
    insert into basalt.function_versions
      (ref, slug, version, artifact, sha256, size, entrypoint, import_map, static_files, kind, verify_jwt)
    values (${ref}, ${slug}, ${version}::int4, ${artifact}, ${sha256}, ${size}::int8, ${entrypoint}, ${importMap},
      ${arrayLiteral(staticFiles)}::text[], ${kind}, ${added.verifyJwt}::boolean)`
}

/** Answers the slug where there is such a version. */
export function activate(ref: string, slug: string, version: number): Statement {
  return sql`/* functions.activate */
    update basalt.functions f set version = ${version}::int4, updated_at = now()
    where ref = ${ref} and slug = ${slug}
      and exists (select from basalt.function_versions v where v.ref = f.ref and v.slug = f.slug and v.version = ${version}::int4)
    returning slug`
}

/** Of the version that is called; null leaves a thing as it is. */
export function change(ref: string, slug: string, verifyJwt: boolean | null): Statement {
  return sql`/* functions.change */
    update basalt.function_versions v set verify_jwt = coalesce(${verifyJwt}::boolean, v.verify_jwt)
    from basalt.functions f
    where f.ref = ${ref} and f.slug = ${slug} and v.ref = f.ref and v.slug = f.slug and v.version = f.version`
}

export function rename(ref: string, slug: string, name: string | null): Statement {
  return sql`/* functions.rename */
    update basalt.functions set name = coalesce(${name}::text, name), updated_at = now()
    where ref = ${ref} and slug = ${slug} and version is not null returning slug`
}

/** All but the newest and the one that is called. */
export function deleteOldVersions(ref: string, slug: string, kept: number): Statement {
  return sql`/* functions.deleteOldVersions */
    delete from basalt.function_versions v using basalt.functions f
    where v.ref = ${ref} and v.slug = ${slug} and f.ref = v.ref and f.slug = v.slug
      and v.version is distinct from f.version
      and v.version not in (
        select version from basalt.function_versions n
        where n.ref = v.ref and n.slug = v.slug order by version desc limit ${kept}::int4)
    returning artifact`
}

export function deleteFunction(ref: string, slug: string): Statement {
  return sql`/* functions.delete */
    delete from basalt.functions where ref = ${ref} and slug = ${slug} returning slug`
}

export function selectSecrets(ref: string): Statement {
  return sql`/* functions.selectSecrets */
    select name, sealed, floor(extract(epoch from updated_at)::float8 * 1000) as updated_ms
    from basalt.function_secrets where ref = ${ref} order by name collate "C"`
}

export function upsertSecret(ref: string, name: string, sealed: string): Statement {
  return sql`/* functions.upsertSecret */
    insert into basalt.function_secrets (ref, name, sealed) values (${ref}, ${name}, ${sealed})
    on conflict (ref, name) do update set sealed = excluded.sealed, updated_at = now()`
}

/** The same secret under another key. */
export function resealSecret(ref: string, name: string, before: string, sealed: string): Statement {
  return sql`/* functions.resealSecret */
    update basalt.function_secrets set sealed = ${sealed}
    where ref = ${ref} and name = ${name} and sealed = ${before}`
}

export function deleteSecrets(ref: string, names: readonly string[]): Statement {
  return sql`/* functions.deleteSecrets */
    delete from basalt.function_secrets where ref = ${ref} and name = any(${arrayLiteral(names)}::text[])`
}

export function countSecrets(ref: string): Statement {
  return sql`/* functions.countSecrets */
    select count(*)::int4 as n from basalt.function_secrets where ref = ${ref}`
}
