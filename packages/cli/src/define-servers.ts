/** The commands `rest` and `serve`. What they do is loaded when it is asked for. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command
interface Outcome {
  code: number
}

export function defineServers(
  program: Command,
  terminal: Terminal,
  outcome: Outcome,
  leaf: Leaf,
): void {
  defineRest(program, terminal, outcome, leaf)
  defineServe(program, terminal, outcome, leaf)
}

function defineRest(program: Command, terminal: Terminal, outcome: Outcome, leaf: Leaf): void {
  leaf(
    program,
    'rest',
    'Serves the data API alone, configured as PostgREST: PGRST_* variables or its file.',
  )
    .argument('[config-file]')
    .option('-e, --example', 'prints a configuration file to start from')
    .option('--dump-config', 'prints the effective configuration, secrets included')
    .option('--ready', "asks the running server's admin port whether it is ready")
    .action(async (file: string | undefined, _, command: Command) => {
      const { rest } = await import('./rest.ts')
      outcome.code = await rest(terminal, file ?? null, command.optsWithGlobals())
    })
}

function defineServe(program: Command, terminal: Terminal, outcome: Outcome, leaf: Leaf): void {
  leaf(program, 'serve', 'Serves the projects of a control database; Ctrl-C stops it.')
    .option('--control-db-url <url>', 'the control database (or BASALT_CONTROL_DB_URL)')
    .option('--redis-url <url>', 'hears other nodes over this Redis')
    .option('--base-domain <domain>', 'projects are at <ref>.<domain>')
    .option(
      '--external-url <url>',
      'where clients are told projects are: https://<ref>.example.com',
    )
    .option('--host <address>', 'address to listen on (basalt.host)')
    .option('--port <port>', 'port to listen on (api.port)')
    .option('--workers <count>', 'processes that share the port')
    .option('--max-projects <count>', 'most projects a process has open at a time')
    .option('--config <file>', 'defaults of the node and of its projects, as config.toml')
    .option('--json', 'prints the ready line as JSON')
    .option('--print-config', 'prints the effective configuration, secrets masked, and exits')
    .addOption(new Option('--worker-slot <slot>').hideHelp())
    .action(async (_, command: Command) => {
      const { serve } = await import('./serve.ts')
      outcome.code = await serve(terminal, command.optsWithGlobals())
    })
}
