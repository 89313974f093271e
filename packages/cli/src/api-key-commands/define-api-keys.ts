/** The commands `apikeys`. What they do is loaded when it is asked for. */
import type { Command } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command

const commands = [
  ['enable', "Makes the tables of keys of the project's customers, and takes such keys."],
  ['disable', 'Takes no such keys any more; tables and what is in them stay.'],
  ['status', 'Says whether such keys are taken, and how many there are.'],
] as const

export function defineApiKeys(program: Command, terminal: Terminal, leaf: Leaf): void {
  const apikeys = program.command('apikeys').description("Keys of the project's own customers.")
  for (const [action, description] of commands)
    leaf(apikeys, action, description)
      .option('--db-url <url>', 'of the project in this database')
      .option('--url <url>', 'of this server (default: the project that runs in this folder)')
      .option('--project-ref <ref>', 'of this project of the server')
      .option('--json', 'as JSON')
      .action(async (_, command: Command) => {
        const { manage } = await import('./manage.ts')
        await manage(terminal, action, command.optsWithGlobals())
      })
}
