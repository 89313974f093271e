/** Checks of the machine we run on. */
import { statfsSync } from 'node:fs'
import { check } from './check.ts'
import type { Check } from './check.ts'

const giB = 1024 ** 3
/** When a version stops being mended (nodejs.org/en/about/previous-releases). */
const lastFixes: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  22: '2027-04-30',
  24: '2028-04-30',
}

/** `folder` holds the project, and the database where it is embedded. */
export function machineChecks(folder: string, now = Date.now()): Check[] {
  return [diskCheck(folder), nodeCheck(process.versions.node, now)]
}

function diskCheck(folder: string): Check {
  const { bavail, blocks, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const share = blocks === 0 ? 1 : bavail / blocks
  const remedy = 'Make room: a Postgres without any stops, and may not start again.'
  const message = `${(free / giB).toFixed(1)} GiB (${Math.round(share * 100)} %) of the disk below ${folder} are free`
  const isGrave = free < giB / 4 || share < 0.02
  return check('disk', free >= giB && share >= 0.05, message, remedy, isGrave ? 'error' : 'warning')
}

function nodeCheck(version: string, now: number): Check {
  const last = lastFixes[Number.parseInt(version, 10)]
  const until = last === undefined ? Infinity : Date.parse(last)
  return check(
    'node',
    until > now,
    `Node ${version}${last === undefined ? '' : `, mended until ${last}`}`,
    'Use a version of Node that is still mended: 22 or 24.',
  )
}
