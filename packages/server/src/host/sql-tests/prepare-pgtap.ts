/** pgTAP in the database that is tested, for as long as the tests run. */
import type { DedicatedSession } from '#base/db'
import { sql } from '#base/sql'
import { SqlTestError } from './sql-test-error.ts'

interface Facts {
  readonly isThere: boolean
  readonly isAvailable: boolean
  /** The function that makes an extension the superuser's, as on Supabase. */
  readonly hasRights: boolean
  readonly hasSchema: boolean
  readonly major: number
}

/** In the transaction of the session, which will be rolled back. @throws SqlTestError where the server does not have it. */
export async function preparePgtap(session: DedicatedSession): Promise<void> {
  const [facts] = await session.rows<Facts>(sql`/* sqlTests.findPgtap */
    select exists (select from pg_extension where extname = 'pgtap') as "isThere",
      exists (select from pg_available_extensions where name = 'pgtap') as "isAvailable",
      to_regprocedure('basalt_rights.create_extension(name, name, text, boolean, boolean, name)') is not null
        as "hasRights",
      to_regnamespace('extensions') is not null as "hasSchema",
      current_setting('server_version_num')::int / 10000 as major`)
  if (facts === undefined || facts.isThere) return
  if (!facts.isAvailable) throw new SqlTestError(missing(facts.major))
  const schema = facts.hasSchema ? 'extensions' : 'public'
  await session.script('sqlTests.beforePgtap', 'savepoint basalt_pgtap')
  if (facts.hasRights) {
    const values = `'pgtap', '${schema}', null, false, true, '${schema}'`
    try {
      await session.script(
        'sqlTests.createPgtap',
        `select basalt_rights.create_extension(${values})`,
      )
      return
    } catch {
      // refused where the schema holds functions of the project
      await session.script('sqlTests.retryPgtap', 'rollback to savepoint basalt_pgtap')
    }
  }
  await session.script('sqlTests.createPgtapAsOwn', createAsOwn(schema))
}

/** Functions of the role's own obey its default privileges: where it took execution from everybody, the tests' roles could call none. */
function createAsOwn(schema: string): string {
  return `create extension pgtap with schema ${schema};
    do $$ declare member regprocedure; begin
      for member in
        select objid from pg_depend join pg_extension on pg_extension.oid = refobjid
        where refclassid = 'pg_extension'::regclass and classid = 'pg_proc'::regclass and deptype = 'e'
          and extname = 'pgtap'
      loop execute format('grant execute on function %s to public', member); end loop;
    end $$`
}

function missing(major: number): string {
  return [
    'pgTAP, which the tests are written with, is not on the database server.',
    `On Debian and Ubuntu: apt-get install postgresql-${major === 18 ? 'NN' : major}-pgtap (of any version NN from 15 to 18), then start Basalt again: it finds it there.`,
    'Elsewhere: put pgtap.control and pgtap--*.sql (https://pgtap.org) into a folder extension/, and name the folder above it in basalt.db.extension_paths.',
    'With --db-url: on the machine of that server.',
  ].join('\n')
}
