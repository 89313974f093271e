/** CPU time from /proc: steadier than requests per second on a machine that others use too. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const tickUs = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Fields of /proc/<pid>/stat behind the name, by process. */
function readStats() {
  const stats = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      stats.set(Number(entry), fields.map(Number))
    } catch {
      // ended meanwhile
    }
  }
  return stats
}

/** The process and everything below it. */
function familyOf(pid, stats) {
  const family = [pid]
  for (const member of family)
    for (const [child, fields] of stats) if (fields[1] === member) family.push(child)
  return family
}

/** Of the process itself, and of everything below it; what has ended counts, once its parent knows. In µs. */
export function cpuOf(pid) {
  const stats = readStats()
  const own = (member) => stats.get(member)[11] + stats.get(member)[12]
  const ended = (member) => stats.get(member)[13] + stats.get(member)[14]
  const children = familyOf(pid, stats)
    .slice(1)
    .reduce((sum, member) => sum + own(member) + ended(member), 0)
  return { ownUs: own(pid) * tickUs, childrenUs: (children + ended(pid)) * tickUs }
}

/** Of the process, and of those of Postgres below it by what they do or whose session they are. In µs. */
export function cpuByKind(pid) {
  const stats = readStats()
  const kinds = { node: 0 }
  for (const member of familyOf(pid, stats)) {
    const title = readFileSync(`/proc/${member}/cmdline`, 'utf8')
    const kind = member === pid ? 'node' : (/^postgres: (\w+)/.exec(title)?.[1] ?? 'others')
    const [, , , , , , , , , , , user, system] = stats.get(member)
    kinds[kind] = (kinds[kind] ?? 0) + (user + system) * tickUs
  }
  return kinds
}
