/** The commands `backup`. What they do is loaded when it is asked for. */
import type { Command } from 'commander'
import { Option } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command

export function defineBackup(
  program: Command,
  terminal: Terminal,
  outcome: { code: number },
  leaf: Leaf,
): void {
  const backup = program
    .command('backup')
    .description('Backups of the database and its objects (docs/backup.md).')
  const command = (name: string, description: string): Command =>
    leaf(backup, name, description)
      .option('--target <place>', 'a folder, or s3://bucket/prefix (basalt.backup.target)')
      .addOption(
        new Option('-o, --output <format>', 'format').choices(['pretty', 'json']).default('pretty'),
      )
  command('create', 'Makes a backup, beside a project that may run.')
    .option('--db-url <url>', 'of this Postgres, as a login that may replicate')
    .option('--verify', 'restores it into a scratch copy afterwards')
    .action(async (_, leafCommand: Command) => {
      const { create } = await import('./run-backup.ts')
      outcome.code = await create(terminal, leafCommand.optsWithGlobals())
    })
  command('list', 'Lists backups, and which of them were restored for a try.').action(
    async (_, leafCommand: Command) => {
      const { list } = await import('./run-backup.ts')
      outcome.code = await list(terminal, leafCommand.optsWithGlobals())
    },
  )
  command('verify', 'Restores the newest into a scratch copy and compares.')
    .option('--backup <id>', 'this one')
    .option('--postgres-bin <folder>', 'with this installed Postgres, as at start')
    .action(async (_, leafCommand: Command) => {
      const { verify } = await import('./run-backup.ts')
      outcome.code = await verify(terminal, leafCommand.optsWithGlobals())
    })
  command('restore', 'Puts back what is stored; what was there is kept under another name.')
    .option('--to-time <time>', 'as it was then: 2026-11-29T12:00:00Z')
    .option('--before-migration <version>', 'as it was before this migration')
    .option('--backup <id>', 'as it was when this backup was made')
    .option('--from <database>', 'of this one of the target (list shows them)')
    .option('--into <folder>', 'into a new folder, and leaves it at that')
    .option('--force', 'a backup of another database may take the place of this one')
    .option('--postgres-bin <folder>', 'with this installed Postgres, as at start')
    .action(async (_, leafCommand: Command) => {
      const { restore } = await import('./run-restore.ts')
      outcome.code = await restore(terminal, leafCommand.optsWithGlobals())
    })
}
