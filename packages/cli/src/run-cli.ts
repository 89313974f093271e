/** The command line: which commands there are, and what becomes of their errors. A command is loaded when it is asked for. */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { describeError, exitCodes } from '#terminal'
import { defineApiKeys } from '#api-key-commands'
import { defineBackup } from '#backup-commands'
import { defineCode } from '#code-commands'
import { defineFleet } from '#fleet-commands'
import { defineFunctions } from '#function-commands'
import { defineServers } from './define-servers.ts'
import type { Terminal } from '#terminal'

/** Runs one command and resolves to its exit code (see `exitCodes`). */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const outcome = { code: exitCodes.ok as number }
  const program = defineProgram(terminal, outcome)
  try {
    await program.parseAsync(args, { from: 'user' })
    return outcome.code
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    terminal.err(`${describeError(error, args.includes('--debug'))}\n`)
    return exitCodes.failure
  }
}

function defineProgram(terminal: Terminal, outcome: { code: number }): Command {
  const program = new Command('basalt')
    .description('A Supabase-compatible backend: one process and one Postgres.')
    .version(version(), '-v, --version')
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
    })
    .showHelpAfterError('(basalt --help shows the commands)')
    .addHelpText('after', exitCodesText)
  common(program)
  defineProject(program, terminal, outcome)
  defineServers(program, terminal, outcome, leaf)
  defineAdopt(program, terminal, outcome)
  defineDoctor(program, terminal, outcome)
  defineDatabase(program, terminal, outcome)
  defineMigration(program, terminal)
  defineStorage(program, terminal, outcome)
  defineBackup(program, terminal, outcome, leaf)
  defineFunctions(program, terminal, leaf)
  defineApiKeys(program, terminal, leaf)
  defineFleet(program, terminal, leaf)
  defineCode(program, terminal, outcome, leaf)
  defineGen(program, terminal)
  return program
}

function leaf(parent: Command, name: string, description: string): Command {
  return common(parent.command(name).description(description))
}

function defineProject(program: Command, terminal: Terminal, outcome: { code: number }): void {
  leaf(program, 'init', 'Creates supabase/ with config.toml, migrations/ and seed.sql.')
    .option('--force', 'overwrites an existing config.toml')
    .action(async (_, command: Command) => {
      const { initProject } = await import('./init-project.ts')
      initProject(terminal, command.optsWithGlobals())
    })
  leaf(program, 'start', 'Starts everything in the foreground; Ctrl-C stops it.')
    .option('--db-url <url>', 'uses this Postgres (15 or later) instead of the embedded one')
    .option('--redis-url <url>', 'hears other nodes of the same database over this Redis')
    .option(
      '--postgres-bin <folder>',
      'runs this installed Postgres (15 to 18) instead of the embedded one',
    )
    .option('--apply-migrations', 'applies pending migrations to a database that was there before')
    .option('--seed', 'runs the seed files such a database has not seen')
    .option('--port <port>', 'port of the API (api.port)')
    .option('-x, --exclude <names>', 'services not to start, separated by commas')
    .option('--only <names>', 'the only services to start, separated by commas')
    .option('--json', 'prints the ready line as JSON')
    .option('--print-config', 'prints the effective configuration, secrets masked, and exits')
    .action(async (_, command: Command) => {
      const { start } = await import('./start.ts')
      outcome.code = await start(terminal, command.optsWithGlobals())
    })
  leaf(program, 'stop', 'Stops the project that runs in this folder.')
    .option('--no-backup', 'deletes its data')
    .action(async (_, command: Command) => {
      const { stop } = await import('./stop.ts')
      await stop(terminal, command.optsWithGlobals())
    })
  leaf(program, 'status', 'Prints URLs and keys of the running project.')
    .addOption(
      new Option('-o, --output <format>', 'format')
        .choices(['pretty', 'env', 'json', 'toml', 'yaml'])
        .default('pretty'),
    )
    .option('--override-name <path=NAME...>', 'another name for a value: api.url=NEXT_PUBLIC_URL')
    .action(async (_, command: Command) => {
      const { showStatus } = await import('./show-status.ts')
      outcome.code = showStatus(terminal, command.optsWithGlobals())
    })
}

function defineAdopt(program: Command, terminal: Terminal, outcome: { code: number }): void {
  leaf(program, 'adopt', 'Says what a start on the database of a Supabase project would change.')
    .option('--check', 'checks, and changes nothing')
    .option('--db-url <url>', 'the database')
    .option('--json', 'prints the report as JSON')
    .action(async (_, command: Command) => {
      const { adopt } = await import('./adopt.ts')
      outcome.code = await adopt(terminal, command.optsWithGlobals())
    })
}

function defineDoctor(program: Command, terminal: Terminal, outcome: { code: number }): void {
  leaf(
    program,
    'doctor',
    'Checks a deployment, and says what to do; exit code 1 where something is wrong.',
  )
    .option('--db-url <url>', "a project's database; default: that of the project in this folder")
    .option('--control-db-url <url>', 'the control database of a fleet')
    .option('--url <url>', 'what answers at this address: https://api.example.com')
    .addOption(
      new Option('-o, --output <format>', 'format').choices(['pretty', 'json']).default('pretty'),
    )
    .action(async (_, command: Command) => {
      const { doctor } = await import('./doctor.ts')
      outcome.code = await doctor(terminal, command.optsWithGlobals())
    })
}

function defineDatabase(program: Command, terminal: Terminal, outcome: { code: number }): void {
  const db = program.command('db').description('The database.')
  leaf(db, 'reset', 'Makes a new database: roles, migrations, seeds.')
    .option('--version <version>', 'stops after this migration')
    .option('--no-seed', 'leaves the seeds out')
    .option('--postgres-bin <folder>', 'with this installed Postgres, as at start')
    .action(async (_, command: Command) => {
      const { resetDatabase } = await import('./reset-database.ts')
      await resetDatabase(terminal, command.optsWithGlobals())
    })
  leaf(db, 'push', 'Applies the local migrations a database lacks.')
    .option('--local', 'to the project that runs in this folder (default)')
    .option('--db-url <url>', 'to this database')
    .option('--include-all', 'also those older than the newest applied')
    .option('--include-roles', 'also supabase/roles.sql')
    .option('--include-seed', 'also seeds')
    .option('--dry-run', 'prints what it would apply')
    .option('--yes', 'asks nothing')
    .action(async (_, command: Command) => {
      const { pushDatabase } = await import('./push-database.ts')
      await pushDatabase(terminal, command.optsWithGlobals())
    })
  // the Supabase CLI knows both names
  const test = program.command('test').description('Tests.')
  for (const named of [leaf(test, 'db', testText), leaf(db, 'test', testText)]) {
    named
      .argument('[paths...]', 'files or folders (default: supabase/tests)')
      .option('--local', 'of the project that runs in this folder (default)')
      .option('--db-url <url>', 'on this database')
      .action(async (paths: string[], _, command: Command) => {
        const { testDatabase } = await import('./test-database.ts')
        outcome.code = await testDatabase(terminal, paths, command.optsWithGlobals())
      })
  }
}

const testText = 'Runs the pgTAP tests of supabase/tests; nothing of them stays in the database.'

function defineMigration(program: Command, terminal: Terminal): void {
  const migration = program.command('migration').description('Migrations of the database.')
  leaf(migration, 'new', 'Creates a migration, with the text that is piped in.')
    .argument('<name>')
    .action(async (name: string, _, command: Command) => {
      const { newMigration } = await import('./migration-commands.ts')
      newMigration(terminal, name, command.optsWithGlobals())
    })
  leaf(migration, 'list', 'Shows local and applied migrations.')
    .option('--db-url <url>', 'asks this database')
    .action(async (_, command: Command) => {
      const { listMigrations } = await import('./migration-commands.ts')
      await listMigrations(terminal, command.optsWithGlobals())
    })
  leaf(migration, 'up', 'Applies the local migrations the database lacks.')
    .option('--db-url <url>', 'on this database')
    .option('--include-all', 'also those older than the newest applied')
    .action(async (_, command: Command) => {
      const { upMigrations } = await import('./migration-commands.ts')
      await upMigrations(terminal, command.optsWithGlobals())
    })
}

function defineStorage(program: Command, terminal: Terminal, outcome: { code: number }): void {
  const storage = program.command('storage').description('Objects of the project that runs.')
  leaf(storage, 'sweep', 'Finds bytes without a row and rows without bytes, older than an hour.')
    .option('--delete', 'removes them')
    .option('--db-url <url>', 'compares with this database')
    .action(async (_, command: Command) => {
      const { sweepStorage } = await import('#storage-commands')
      outcome.code = await sweepStorage(terminal, command.optsWithGlobals())
    })
  likeSupabase(leaf(storage, 'ls', 'Lists buckets, or what is at ss:///bucket/path.'))
    .argument('[path]')
    .action(async (path: string | undefined, _, command: Command) => {
      const { listObjects } = await import('#storage-commands')
      await listObjects(terminal, path, command.optsWithGlobals())
    })
  likeSupabase(leaf(storage, 'cp', 'Copies files to ss:///bucket/path, from there, or within.'))
    .argument('<from>')
    .argument('<to>')
    .option('--cache-control <value>', 'cache-control of what is uploaded (default: max-age=3600)')
    .option('--content-type <type>', 'its type (default: by the name)')
    .option('-j, --jobs <count>', 'how many at once', '1')
    .action(async (from: string, to: string, _, command: Command) => {
      const { copyObjects } = await import('#storage-commands')
      await copyObjects(terminal, from, to, command.optsWithGlobals())
    })
  likeSupabase(leaf(storage, 'mv', 'Moves objects.'))
    .argument('<from>')
    .argument('<to>')
    .option('-j, --jobs <count>', 'how many at once', '1')
    .action(async (from: string, to: string, _, command: Command) => {
      const { moveObjects } = await import('#storage-commands')
      await moveObjects(terminal, from, to, command.optsWithGlobals())
    })
  likeSupabase(leaf(storage, 'rm', 'Removes objects; a bucket with -r.'))
    .argument('<paths...>')
    .option('--yes', 'accepted: nothing is asked')
    .action(async (paths: string[], _, command: Command) => {
      const { removeObjects } = await import('#storage-commands')
      await removeObjects(terminal, paths, command.optsWithGlobals())
    })
}

function likeSupabase(command: Command): Command {
  return command
    .option('-r, --recursive', 'all that is below')
    .option('--experimental', 'accepted: the Supabase CLI asks for it')
    .option('--local', 'of the project that runs in this folder (default)')
}

function defineGen(program: Command, terminal: Terminal): void {
  const gen = program.command('gen').description('Generates code.')
  leaf(gen, 'types', 'Prints the types of a database for supabase-js.')
    .argument('[language]', 'typescript')
    .option('--lang <language>', 'the same')
    .option('--local', 'of the project that runs in this folder (default)')
    .option('--db-url <url>', 'of this database')
    .option(
      '-s, --schema <names>',
      'of these schemas (default: public and api.schemas)',
      (names: string, before: readonly string[]) => [...before, names],
      [],
    )
    .action(async (language: string | undefined, _, command: Command) => {
      const { genTypes } = await import('./gen-types.ts')
      await genTypes(terminal, language, command.optsWithGlobals())
    })
}

/** Understood before and behind the command's name. */
function common(command: Command): Command {
  return command
    .option(
      '--workdir <folder>',
      'the folder that holds supabase/ (default: the nearest one upwards)',
    )
    .option('--debug', 'shows stack traces')
}

const exitCodesText = `
Exit codes: 0 done, 1 failed (the reason is on stderr), 2 wrong arguments, 130 interrupted.`

function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
