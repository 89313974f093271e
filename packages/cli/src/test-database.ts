/** `basalt test db`: the project's pgTAP tests against the database that runs. */
import { join, relative, resolve } from 'node:path'
import { findTestFiles, runSqlTests } from '@basalt/server/node'
import type { TapResult } from '@basalt/server/node'
import { CliError, exitCodes } from '#terminal'
import { runningProject, workdirOf } from '#project'
import type { CommonOptions } from '#project'
import type { Terminal } from '#terminal'

export interface TestOptions extends CommonOptions {
  readonly dbUrl?: string
  readonly local?: boolean
}

/** Files and folders; none: `supabase/tests`. Resolves to the exit code. */
export async function testDatabase(
  terminal: Terminal,
  paths: readonly string[],
  options: TestOptions,
): Promise<number> {
  const workdir = workdirOf(terminal, options)
  const wanted =
    paths.length > 0
      ? paths.map((path) => resolve(terminal.cwd, path))
      : [join(workdir, 'supabase', 'tests')]
  const files = findTestFiles(wanted)
  if (files.length === 0) {
    throw new CliError(`There are no tests (.sql or .pg) in ${wanted.join(', ')}.`)
  }
  const databaseUrl = options.dbUrl ?? runningProject(workdir).dbUrl
  const begun = performance.now()
  const total = { files: 0, tests: 0, failed: [] as string[] }
  const passed = await runSqlTests({
    databaseUrl,
    files,
    onFile: (file, result) => {
      const name = relative(terminal.cwd, file)
      total.files++
      total.tests += result.ran
      if (result.problems.length > 0) total.failed.push(name)
      terminal.out(reportOf(name, result))
    },
  })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  const failures = total.failed.map((name) => `  ${name}\n`).join('')
  terminal.out(passed ? 'All tests successful.\n' : `\nFailed:\n${failures}`)
  terminal.out(`Files=${total.files}, Tests=${total.tests}, ${seconds} s\n`)
  terminal.out(`Result: ${passed ? 'PASS' : 'FAIL'}\n`)
  return passed ? exitCodes.ok : exitCodes.failure
}

function reportOf(name: string, { ran, failed, problems }: TapResult): string {
  if (problems.length === 0) return `${name} .. ok (${ran})\n`
  const count = failed > 0 ? `${failed} of ${ran} failed` : 'failed'
  return `${name} .. ${count}\n${problems.map((line) => `    ${line}\n`).join('')}`
}
