/** The executable: arguments in, exit code out. */
import { runCli } from './run-cli.ts'
import { processTerminal } from '#terminal'

process.exitCode = await runCli(process.argv.slice(2), processTerminal)

/** What still hangs, as a request to a server that does not answer, keeps us no longer than output that is still being read. */
function leave(): void {
  if (process.stdout.writableLength === 0) process.exit()
  later()
}
function later(): void {
  setTimeout(leave, 1000).unref()
}
later()
