import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { commitOf } from './checkout.mjs'

/** `{ given, wanted, scratch, isPreparing }` of the words of the command; ends it with 2 where they make no sense. */
export function readArguments(words, suites) {
  const option = (name) =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3)
  const pairs = words.filter((word) => /^[a-z][a-z-]*=./.test(word))
  const given = Object.fromEntries(pairs.map((word) => word.split(/=(.*)/s).slice(0, 2)))
  const known = ['--only=', '--scratch=', '--prepare']
  const others = words.filter(
    (word) => !pairs.includes(word) && !known.some((one) => word.startsWith(one)),
  )
  if (others.length > 0) refuse(`what is ${others[0]}?`, suites)
  const isGiven = ({ source, tool }) =>
    [source, tool].every((name) => name === undefined || given[name] !== undefined)
  const only = option('only')?.split(',') ?? suites.map(({ id }) => id)
  const wanted = suites.filter((suite) => only.includes(suite.id) && isGiven(suite))
  for (const name of Object.keys(given)) checkSource(name, given[name], suites)
  for (const id of only)
    if (!suites.some((suite) => suite.id === id)) refuse(`there is no suite ${id}`, suites)
  if (Object.keys(given).length > 0 && wanted.length === 0)
    refuse('none of the suites has all it needs', suites)
  return {
    given,
    wanted,
    scratch: resolve(option('scratch') ?? join(tmpdir(), 'basalt-conformance')),
    isPreparing: words.includes('--prepare'),
  }
}

function checkSource(name, path, suites) {
  if (suites.some(({ tool }) => tool === name)) return
  if (!suites.some(({ source }) => source === name)) refuse(`there is no source ${name}`, suites)
  try {
    commitOf(path)
  } catch (error) {
    refuse(`${name}=${path} is no checkout: ${error.message.trim().split('\n').at(-1)}`, suites)
  }
}

function refuse(problem, suites) {
  const names = new Set(suites.flatMap(({ source, tool }) => (tool ? [source, tool] : [source])))
  const usage = [...names].map((name) => `[${name}=<path>]`).join(' ')
  console.error(`${problem}\nusage: npm run conformance -- ${usage} [--only=<suite>,…]`)
  process.exit(2)
}
