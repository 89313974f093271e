/** The commands `functions` and `secrets`, with the flags of the Supabase CLI. What they do is loaded when it is asked for. */
import type { Command } from 'commander'
import type { Terminal } from '#terminal'

type Leaf = (parent: Command, name: string, description: string) => Command

export function defineFunctions(program: Command, terminal: Terminal, leaf: Leaf): void {
  const functions = program.command('functions').description('Edge functions.')
  leaf(functions, 'new', 'Creates a function in supabase/functions.')
    .argument('<name>')
    .option('--auth', "answers to signed-in users, with the caller's rights")
    .action(async (name: string, _, command: Command) => {
      const { newFunction } = await import('./new-function.ts')
      newFunction(terminal, name, command.optsWithGlobals())
    })
  leaf(
    functions,
    'serve',
    'Serves the functions of this folder and prints what they say; files are looked at as they are saved.',
  )
    .option('--env-file <file>', 'variables of this .env file')
    .option('--no-verify-jwt', 'functions answer without a token')
    .option('--import-map <file>', 'this import map or deno.json for all of them')
    .action(async (_, command: Command) => {
      const { serveFunctions } = await import('./serve-functions.ts')
      await serveFunctions(terminal, command.optsWithGlobals())
    })
  remote(leaf(functions, 'list', 'Lists the deployed functions, or the kept versions of one.'))
    .argument('[name]')
    .option('--json', 'as JSON')
    .action(async (name: string | undefined, _, command: Command) => {
      const { listFunctions } = await import('./list-functions.ts')
      await listFunctions(terminal, name, command.optsWithGlobals())
    })
  remote(leaf(functions, 'deploy', 'Deploys functions, all of the folder without names.'))
    .argument('[names...]')
    .option('--no-verify-jwt', 'they answer without a token')
    .option('--import-map <file>', 'this import map or deno.json for all of them')
    .option('--prune', 'deletes the deployed functions that the folder does not have')
    .option('--use-api', 'accepted: sources are always prepared on the server')
    .action(async (names: string[], _, command: Command) => {
      const { deployFunctions } = await import('./deploy-functions.ts')
      await deployFunctions(terminal, names, command.optsWithGlobals())
    })
  remote(leaf(functions, 'download', 'Writes the sources of a function to supabase/functions.'))
    .argument('<name>')
    .option('--use-api', 'accepted')
    .action(async (name: string, _, command: Command) => {
      const { downloadFunction } = await import('./download-function.ts')
      await downloadFunction(terminal, name, command.optsWithGlobals())
    })
  remote(leaf(functions, 'delete', 'Deletes a deployed function with all its versions.'))
    .argument('<name>')
    .action(async (name: string, _, command: Command) => {
      const { deleteFunction } = await import('./change-function.ts')
      await deleteFunction(terminal, name, command.optsWithGlobals())
    })
  remote(leaf(functions, 'rollback', 'Goes back to the version before, or to this one.'))
    .argument('<name>')
    .argument('[version]')
    .action(async (name: string, version: string | undefined, _, command: Command) => {
      const { rollbackFunction } = await import('./change-function.ts')
      await rollbackFunction(terminal, name, version, command.optsWithGlobals())
    })
  remote(leaf(functions, 'logs', 'Prints what a function wrote and how its calls ended.'))
    .argument('<name>')
    .option('-f, --follow', 'goes on until Ctrl-C')
    .option('-n, --limit <count>', 'so many of the newest', '100')
    .option('--json', 'as JSON, one entry a line')
    .action(async (name: string, _, command: Command) => {
      const { showLogs } = await import('./show-logs.ts')
      await showLogs(terminal, name, command.optsWithGlobals())
    })
  defineSecrets(program, terminal, leaf)
}

function defineSecrets(program: Command, terminal: Terminal, leaf: Leaf): void {
  const secrets = program.command('secrets').description('Environment variables of all functions.')
  remote(leaf(secrets, 'list', 'Lists their names, with digests (SHA-256) of their values.'))
    .option('--json', 'as JSON')
    .action(async (_, command: Command) => {
      const { listSecrets } = await import('./secret-commands.ts')
      await listSecrets(terminal, command.optsWithGlobals())
    })
  remote(leaf(secrets, 'set', 'Sets secrets.'))
    .argument('[NAME=VALUE...]')
    .option('--env-file <file>', 'those of this .env file')
    .action(async (pairs: string[], _, command: Command) => {
      const { setSecrets } = await import('./secret-commands.ts')
      await setSecrets(terminal, pairs, command.optsWithGlobals())
    })
  remote(leaf(secrets, 'unset', 'Removes secrets.'))
    .argument('<names...>')
    .action(async (names: string[], _, command: Command) => {
      const { unsetSecrets } = await import('./secret-commands.ts')
      await unsetSecrets(terminal, names, command.optsWithGlobals())
    })
}

/** Where the project is. */
function remote(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'of a server elsewhere; its operator token in BASALT_OPERATOR_TOKEN or SUPABASE_ACCESS_TOKEN',
    )
    .option('--project-ref <ref>', 'the project there', 'default')
    .option('--yes', 'accepted: nothing is asked')
}
