/** CPU time from /proc: steadier than requests per second on a machine that others use too. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const tickUs = 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Of the process itself, and of everything below it; what has ended counts, once its parent knows. In µs. */
export function cpuOf(pid) {
  const stats = new Map()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8')
      stats.set(
        Number(entry),
        stat
          .slice(stat.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number),
      )
    } catch {
      // ended meanwhile
    }
  }
  const family = [pid]
  for (const member of family)
    for (const [child, fields] of stats) if (fields[1] === member) family.push(child)
  const own = (member) => stats.get(member)[11] + stats.get(member)[12]
  const ended = (member) => stats.get(member)[13] + stats.get(member)[14]
  const children = family.slice(1).reduce((sum, member) => sum + own(member) + ended(member), 0)
  return { ownUs: own(pid) * tickUs, childrenUs: (children + ended(pid)) * tickUs }
}
