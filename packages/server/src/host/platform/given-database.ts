/** The database a platform is given: whether it will do, and the passwords of its roles. */
import { checkRequirements } from '#host/control'
import type { Requirement } from '#host/control'
import { openDatabase, changingSession, parseConnectionUrl } from '#base/db'
import type { Database } from '#base/db'
import { quoteIdentifier, quoteLiteral } from '#base/sql'
import { scramVerifier } from './find-login.ts'

/** Everything the database at `url` lacks, asked before anything is changed. Rejects when it cannot be reached. */
export async function checkGivenDatabase(url: string): Promise<readonly Requirement[]> {
  const connection = parseConnectionUrl(url)
  const db = openDatabase({ connection, maxConnections: 1, acquireTimeoutMs: 10_000 })
  try {
    return await checkRequirements(db)
  } finally {
    await db.close()
  }
}

/** Event triggers of the project stay off where people log in as the platform's own user, as they are in its own sessions. */
export async function silenceEventTriggers(db: Database): Promise<void> {
  await db.begin(changingSession, (transaction) =>
    transaction.script(
      'platform.silenceEventTriggers',
      `do $$ begin
        if current_setting('server_version_num')::int >= 170000 and not exists (
          select from pg_catalog.pg_db_role_setting
          where setrole = current_user::pg_catalog.regrole and setdatabase = 0 and setconfig @> '{event_triggers=off}'
        ) then
          alter role current_user set event_triggers = off;
        end if;
      end $$`,
    ),
  )
}

/**
 * In a database that is given, for a superuser whose URL it is given by: since Postgres 17 there are event triggers for logins,
 * and one of the project's would run as who logs in. Elsewhere the role stays as it is.
 */
export async function silenceLoginTriggers(db: Database): Promise<void> {
  await db.begin(changingSession, (transaction) =>
    transaction.script(
      'platform.silenceLoginTriggers',
      `do $$ begin
        if current_setting('server_version_num')::int >= 170000
          and (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
          execute format('alter role %I in database %I set event_triggers = off', current_user, current_database());
        end if;
      end $$`,
    ),
  )
}

/**
 * Before its migrations `postgres` writes places into the log that a restore can stop at. Where no backups are made any more
 * the log is kept for them no longer.
 */
export async function prepareBackups(db: Database, isEnabled: boolean): Promise<void> {
  const drop = `select pg_catalog.pg_drop_replication_slot(slot_name) from pg_catalog.pg_replication_slots
    where slot_name = 'basalt_backup' and not active`
  await db.begin(changingSession, (transaction) =>
    transaction.script(
      'platform.prepareBackups',
      `grant execute on function pg_catalog.pg_create_restore_point(text) to postgres; ${isEnabled ? '' : drop}`,
    ),
  )
}

/** Lets `role` log in with `password`; the password itself is in no statement. */
export async function setRolePassword(db: Database, role: string, password: string): Promise<void> {
  await db.begin(changingSession, (transaction) =>
    transaction.script(
      'platform.setRolePassword',
      `alter role ${quoteIdentifier(role)} with login password ${quoteLiteral(scramVerifier(password))}`,
    ),
  )
}
