/** A reporter whose last line is `N passed, N failed`, for whoever reads only that; tests that passed at a second try are named before it. */
export default class ClosingLine {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    let skipped = 0
    const late = []
    for (const module of modules) {
      // a file that could not be loaded has no tests to count
      if (module.state() === 'failed' && module.errors().length > 0) failed++
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (test.diagnostic()?.flaky === true)
          late.push(`${module.relativeModuleId} > ${test.fullName}`)
        if (state === 'passed') passed++
        else if (state === 'failed') failed++
        else skipped++
      }
    }
    const tail = skipped > 0 ? `, ${skipped} skipped` : ''
    // behind vitest's own summary, which is written in the same turn
    process.on('exit', () => {
      for (const name of late) console.log(`passed at a second try only: ${name}`)
      console.log(`${passed} passed, ${failed} failed${tail}`)
    })
  }
}
