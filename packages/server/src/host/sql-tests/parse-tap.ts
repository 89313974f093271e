/** What a file of tests wrote (Test Anything Protocol) → how many passed, and what is wrong. */

export interface TapResult {
  /** Tests that ran. */
  readonly ran: number
  /** Of these: how many failed; those marked TODO do not count. */
  readonly failed: number
  /** Sentences for a person; empty when all is well. */
  readonly problems: readonly string[]
}

/**
 * `1..2`, `ok 1 - a`, `not ok 2 - b`, `# why` → two ran, one failed, with what was said of it.
 * As prove has it: no plan, a plan that was not kept and a bail-out are failures too.
 */
export function parseTap(output: readonly string[]): TapResult {
  const lines = output.flatMap((text) => text.split('\n'))
  const problems: string[] = []
  let [ran, failed] = [0, 0]
  let plan: number | null = null
  // the comments behind a failed test belong to it
  let explains = false
  for (const line of lines) {
    const planned = /^1\.\.(\d+)/.exec(line)
    const test = /^(not )?ok\b(.*)$/.exec(line)
    if (planned !== null) plan = Number(planned[1])
    else if (/^Bail out!/i.test(line)) problems.push(line)
    else if (test !== null) {
      ran++
      explains = test[1] !== undefined && !/#\s*(todo|skip)\b/i.test(test[2] ?? '')
      if (explains) {
        failed++
        problems.push(line)
      }
    } else if (explains && line.startsWith('#')) problems.push(line)
  }
  if (plan === null) {
    problems.push(
      ran === 0
        ? 'No tests were run, and there is no plan: select plan(1);'
        : 'There is no plan: select plan(…) or no_plan(), and finish() at the end.',
    )
  } else if (plan !== ran) problems.push(`${plan} tests were planned, ${ran} ran.`)
  return { ran, failed, problems }
}
