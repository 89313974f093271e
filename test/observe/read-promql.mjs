/** What panels and rules ask for: their expressions, and the metrics and labels in them. */
import { readFileSync, readdirSync } from 'node:fs'
import { parser } from '@prometheus-io/lezer-promql'

const folder = new URL('../../deploy/', import.meta.url)

/** Of Grafana, for Prometheus: `$project` matches all. */
const withoutVariables = (expr) =>
  expr.replaceAll('$__rate_interval', '1m').replaceAll('$project', '.*')

/** `{ where, expr }` of every panel and every rule. */
export function readExpressions() {
  const panels = dashboards().flatMap(({ file, dashboard }) =>
    dashboard.panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ where: `${file}: ${title}`, expr: withoutVariables(expr) })),
    ),
  )
  const rules = readFileSync(new URL('prometheus/rules.yml', folder), 'utf8')
  const alerts = [
    ...rules.matchAll(
      /- alert: (\w+)\n(?: +#.*\n)* +expr: (?:>-\n)?((?: .*|.+)\n(?: {10,}.*\n)*)/g,
    ),
  ]
  return [
    ...panels,
    ...alerts.map(([, name, expr]) => ({
      where: `rules.yml: ${name}`,
      expr: expr
        .replaceAll(/\s+/g, ' ')
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2'),
    })),
  ]
}

export function countAlerts() {
  const rules = readFileSync(new URL('prometheus/rules.yml', folder), 'utf8')
  return rules.match(/- alert:/g).length
}

export function dashboards() {
  return readdirSync(new URL('grafana/', folder))
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      file,
      dashboard: JSON.parse(readFileSync(new URL(`grafana/${file}`, folder), 'utf8')),
    }))
}

/** `{ errors, metrics, labels }` of an expression: places of syntax errors, names, and by name the labels that are matched. */
export function readPromql(expr) {
  const errors = []
  const metrics = []
  const grouped = new Set()
  const matched = new Map()
  let metric = ''
  parser.parse(expr).iterate({
    enter: ({ type, name, from, to }) => {
      const text = expr.slice(from, to)
      if (type.isError) errors.push(from)
      if (name === 'VectorSelector') {
        metric = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0] ?? ''
        metrics.push(metric)
      }
      if (name === 'LabelName') {
        const inGroup = !isInSelector(expr, from)
        if (inGroup) grouped.add(text)
        else matched.set(metric, [...(matched.get(metric) ?? []), text])
      }
    },
  })
  return { errors, metrics, grouped: [...grouped], matched }
}

/** Between `{` and `}`. */
function isInSelector(expr, at) {
  return expr.lastIndexOf('{', at) > expr.lastIndexOf('}', at)
}
