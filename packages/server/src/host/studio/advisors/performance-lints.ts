/** What costs more than it has to. */
import { foreign, isOwn, named } from './lint.ts'
import type { Lint } from './lint.ts'

const performance = { category: 'performance' } as const
const ours = `n.nspname not in ${foreign} and n.nspname !~ '^pg_'`
const indexes = `pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
  join pg_namespace n on n.oid = c.relnamespace`
/** A constraint would go with it. */
const isConstraint = 'exists (select from pg_constraint k where k.conindid = x.indexrelid)'
const same = (column: string): string =>
  `x.${column}::text is not distinct from other.${column}::text`

export const performanceLints: readonly Lint[] = [
  {
    ...performance,
    name: 'unindexed_foreign_keys',
    level: 'INFO',
    title: 'A foreign key without an index',
    description: 'Deleting what it refers to, and joins, read the whole table.',
    remedy: 'Make an index that begins with its columns.',
    query: `select n.nspname as schema, c.relname as object, format('%s: %s', ${named}, f.conname) as detail,
        format('create index on %I.%I (%s);', n.nspname, c.relname, (select string_agg(quote_ident(a.attname), ', ' order by k.at)
          from unnest(f.conkey) with ordinality as k(attnum, at) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum)) as fix_sql
      from pg_constraint f join pg_class c on c.oid = f.conrelid join pg_namespace n on n.oid = c.relnamespace
      where f.contype = 'f' and f.conparentid = 0 and ${ours} and ${isOwn('pg_class', 'c.oid')}
        and not exists (select from pg_index x where x.indrelid = c.oid and x.indisvalid and x.indpred is null
          and (select array_agg(k order by k) from unnest((x.indkey::smallint[])[0:cardinality(f.conkey) - 1]) k)
            = (select array_agg(k order by k) from unnest(f.conkey) k))
      order by 1, 2, f.conname`,
  },
  {
    ...performance,
    name: 'no_primary_key',
    level: 'INFO',
    title: 'A table without a primary key',
    description:
      'Nothing tells its rows apart: they cannot be changed one by one, nor followed by Realtime.',
    remedy: 'Add one, such as id bigint generated always as identity.',
    query: `select n.nspname as schema, c.relname as object, ${named} || ' has no primary key' as detail,
        null as fix_sql
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and ${ours} and ${isOwn('pg_class', 'c.oid')}
        and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p') order by 1, 2`,
  },
  {
    ...performance,
    name: 'unused_index',
    level: 'INFO',
    title: 'An index that was never used',
    description:
      'Each write keeps it up to date. Statistics begin anew after a crash or a restore: give it time.',
    remedy: 'Drop it, when the application has been used for a while with all it does.',
    query: `select n.nspname as schema, c.relname as object, format('%s has not been used, and has %s', quote_ident(i.relname),
          pg_size_pretty(greatest(i.relpages, 0)::bigint * current_setting('block_size')::int)) as detail,
        format('drop index %I.%I;', n.nspname, i.relname) as fix_sql
      from ${indexes} left join pg_stat_all_indexes s on s.indexrelid = x.indexrelid
      where coalesce(s.idx_scan, 0) = 0 and not x.indisunique and not x.indisprimary and x.indisvalid and not ${isConstraint}
        and not i.relispartition and ${ours} and ${isOwn('pg_class', 'c.oid')}
        and not exists (select from pg_constraint f where f.contype = 'f' and f.conrelid = c.oid and f.conkey[1] = x.indkey[0])
      order by 1, 2, i.relname`,
  },
  {
    ...performance,
    name: 'duplicate_index',
    level: 'WARN',
    title: 'Two indexes that are the same',
    description: 'Each write keeps both up to date, and one is enough.',
    remedy: 'Drop one of them.',
    query: `select n.nspname as schema, c.relname as object, format('%s is the same as %s', quote_ident(i.relname), quote_ident(oi.relname)) as detail,
        format('drop index %I.%I;', n.nspname, i.relname) as fix_sql
      from ${indexes}
        join pg_index other on other.indrelid = x.indrelid and other.indexrelid <> x.indexrelid join pg_class oi on oi.oid = other.indexrelid
      where ${ours} and ${same('indkey')} and ${same('indclass')} and ${same('indoption')} and ${same('indcollation')}
        and pg_get_expr(x.indpred, x.indrelid) is not distinct from pg_get_expr(other.indpred, other.indrelid)
        and pg_get_expr(x.indexprs, x.indrelid) is not distinct from pg_get_expr(other.indexprs, other.indrelid)
        and i.relam = oi.relam and not i.relispartition and not ${isConstraint} and x.indisunique <= other.indisunique
        and (x.indisunique < other.indisunique or exists (select from pg_constraint k where k.conindid = other.indexrelid) or x.indexrelid > other.indexrelid)
      order by 1, 2, i.relname`,
  },
  {
    ...performance,
    name: 'invalid_index',
    level: 'WARN',
    title: 'An index that is not used because making it failed',
    description: 'Each write keeps it up to date, and no query uses it.',
    remedy: 'Make it anew, or drop it.',
    query: `select n.nspname as schema, c.relname as object, quote_ident(i.relname) || ' is not valid' as detail,
        format('reindex index %I.%I;', n.nspname, i.relname) as fix_sql
      from ${indexes} where not x.indisvalid and ${ours} and i.relkind = 'i'
        and not exists (select from pg_stat_progress_create_index p where p.index_relid = x.indexrelid) order by 1, 2, i.relname`,
  },
  {
    ...performance,
    name: 'multiple_permissive_policies',
    level: 'WARN',
    title: 'Several permissive policies for the same',
    description: 'Each is asked of each row until one says yes.',
    remedy: 'Put them into one, with OR.',
    query: `select n.nspname as schema, c.relname as object,
        format('%s: %s, for %s by %s', ${named}, string_agg(quote_ident(p.polname), ', ' order by p.polname), command.word, r.rolname) as detail,
        null as fix_sql
      from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
        cross join (values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) command(word, letter)
        join pg_roles r on r.rolname in ('anon', 'authenticated')
      where p.polpermissive and c.relrowsecurity and ${ours} and p.polcmd in ('*', command.letter::"char")
        and exists (select from unnest(p.polroles) o where o = 0 or pg_has_role(r.oid, o, 'USAGE'))
      group by n.nspname, c.relname, command.word, r.rolname having count(*) > 1 order by 1, 2, 3`,
  },
  {
    ...performance,
    name: 'extension_versions_outdated',
    level: 'WARN',
    title: 'An extension of an older version',
    description: 'The server has a newer one, with what was mended since.',
    remedy: 'Update it.',
    query: `select n.nspname as schema, e.extname as object, format('%s is %s, and there is %s', e.extname, e.extversion, a.default_version) as detail,
        format('alter extension %I update;', e.extname) as fix_sql
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace join pg_available_extensions a on a.name = e.extname
      where a.default_version <> e.extversion order by 2`,
  },
  {
    ...performance,
    name: 'unused_replication_slot',
    level: 'WARN',
    title: 'A replication slot that nobody reads',
    description: 'Postgres keeps all of its log for it, until the disk is full.',
    remedy: 'Start its reader, or drop it.',
    query: `select null as schema, s.slot_name as object, format('%s keeps %s', s.slot_name, pg_size_pretty(pg_wal_lsn_diff(
          case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end, s.restart_lsn))) as detail,
        format('select pg_drop_replication_slot(%L);', s.slot_name) as fix_sql
      from pg_replication_slots s where not s.active and not s.temporary and s.database = current_database()
        and pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end, s.restart_lsn) > 268435456
      order by 2`,
  },
]
