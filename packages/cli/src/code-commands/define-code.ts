/** `basalt code …`: what there is; the package is loaded when a command is run. */
import type { Command } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command

export function defineCode(
  program: Command,
  terminal: Terminal,
  outcome: { code: number },
  leaf: Leaf,
): void {
  const code = program
    .command('code')
    .description('Code intelligence on a Supabase-compatible project (docs/code.md).')
  leaf(code, 'serve', 'Serves the API; Ctrl-C stops it.')
    .option('--worker', 'does jobs as well, in the same process')
    .option('--migrate', 'installs what is missing of the tables before')
    .option('--json', 'prints the ready line as JSON')
    .action(async (_, command: Command) => {
      const { runCode } = await import('./run-code.ts')
      const options = command.optsWithGlobals<{ worker?: boolean; migrate?: boolean }>()
      outcome.code = await runCode(terminal, {
        ...options,
        serves: true,
        works: options.worker === true,
      })
    })
  leaf(code, 'worker', 'Does jobs: fetches repositories and indexes them; Ctrl-C stops it.')
    .option('--json', 'prints the ready line as JSON')
    .action(async (_, command: Command) => {
      const { runCode } = await import('./run-code.ts')
      outcome.code = await runCode(terminal, {
        ...command.optsWithGlobals<object>(),
        serves: false,
        works: true,
      })
    })
  leaf(code, 'migrate', 'Installs what is missing of the tables in DATABASE_URL.').action(
    async () => {
      const { migrateProject } = await import('./run-code.ts')
      await migrateProject(terminal)
    },
  )
  leaf(code, 'migrations', 'Writes the migrations into a folder, for `supabase db push`.')
    .argument('[folder]', 'default: supabase/migrations')
    .action(async (folder: string | undefined, _, command: Command) => {
      const { writeMigrations } = await import('./run-code.ts')
      await writeMigrations(terminal, folder ?? null, command.optsWithGlobals())
    })
  leaf(code, 'mcp', 'Serves the searches as MCP tools on standard input and output.')
    .option('--url <url>', 'of the API (or CODE_URL)')
    .action(async (_, command: Command) => {
      const { runMcp } = await import('./run-code.ts')
      outcome.code = await runMcp(terminal, command.optsWithGlobals())
    })
}
