/** The executable: arguments in, exit code out. */
import { runCli } from './run-cli.ts'
import { processTerminal } from '#terminal'

// a disk that is full under `basalt start > log 2>&1` is no reason to stop serving; a command whose output is cut fails
process.stderr.on('error', () => {})
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.stderr.write(`Standard output cannot be written: ${message}\n`)
  process.exitCode ||= 1
})

const code = await runCli(process.argv.slice(2), processTerminal)
process.exitCode ||= code

/** What still hangs, as a request to a server that does not answer, keeps us no longer than output that is still being read. */
function leave(): void {
  if (process.stdout.writableLength === 0) process.exit()
  later()
}
function later(): void {
  setTimeout(leave, 1000).unref()
}
later()
