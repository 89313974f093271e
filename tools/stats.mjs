/** `npm run stats`: the sizes the house aims at: file median ≤ 100 lines and p90 ≤ 300, function median ≤ 10 and p90 ≤ 40, comments 10–20 %. */
import { readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'

const files = execFileSync('git', ['ls-files', 'packages/*/src/**/*.ts'], { encoding: 'utf8' })
  .split('\n')
  .filter(Boolean)
const isTest = (path) => /\.test\.ts$|\/testing\//.test(path)
const quantile = (values, q) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? 0

function measure(paths) {
  const lines = []
  const functions = []
  let comments = 0
  for (const path of paths) {
    const text = readFileSync(path, 'utf8').split('\n')
    lines.push(text.length - 1)
    comments += text.filter((line) => /^\s*(\/\/|\/?\*)/.test(line)).length
    functions.push(...functionLengths(text))
  }
  return { files: paths.length, lines, functions, comments }
}

/** Named functions and methods by indentation: the formatter makes the closing brace stand under the first character. */
function functionLengths(lines) {
  const opening =
    /^(\s*)(?:export )?(?:async )?(?:function\b|(?:static |async |#|get |set )*[\w#]+\([^)]*\)(?:: [^={]+)? \{$)/
  const lengths = []
  lines.forEach((line, at) => {
    const match = opening.exec(line)
    if (match === null || /^\s*(if|for|while|switch|catch)\b/.test(line)) return
    const end = lines.findIndex((other, i) => i > at && other.startsWith(`${match[1]}}`))
    if (end !== -1) lengths.push(end - at + 1)
  })
  return lengths
}

const source = measure(files.filter((path) => !isTest(path)))
const tests = measure(files.filter(isTest))
const sum = (values) => values.reduce((a, b) => a + b, 0)
console.log(`source files      ${source.files}, ${sum(source.lines)} lines`)
console.log(
  `file lines        median ${quantile(source.lines, 0.5)}, p90 ${quantile(source.lines, 0.9)}`,
)
console.log(
  `function lines    median ${quantile(source.functions, 0.5)}, p90 ${quantile(source.functions, 0.9)}`,
)
console.log(`comments          ${((100 * source.comments) / sum(source.lines)).toFixed(0)} %`)
console.log(`test ÷ source     ${(sum(tests.lines) / sum(source.lines)).toFixed(2)}`)
