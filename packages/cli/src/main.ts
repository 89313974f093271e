/** The executable: arguments in, exit code out. */
import { runCli } from './run-cli.ts'
import { processTerminal } from '#terminal'

process.exitCode = await runCli(process.argv.slice(2), processTerminal)
