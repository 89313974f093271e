/** Grafana's own schema of dashboards: made of the types of @grafana/schema, which are installed for it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { dashboards } from './read-promql.mjs'

const packages = ['@grafana/schema@13.2.3', 'ts-json-schema-generator@2.10.0', 'ajv@8.20.0']
const types = 'node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts'

/** What is wrong with deploy/grafana, a line each. */
export async function checkDashboards(folder) {
  const place = join(folder, 'schema')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), '{"type":"module"}')
  execFileSync('npm', ['i', '--no-audit', '--no-fund', '--silent', ...packages], { cwd: place })
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        moduleResolution: 'bundler',
        module: 'esnext',
        target: 'es2022',
        skipLibCheck: true,
        strict: true,
      },
      files: [types],
    }),
  )
  const require = createRequire(join(place, 'package.json'))
  const { createGenerator } = await import(require.resolve('ts-json-schema-generator'))
  const { default: Ajv } = await import(require.resolve('ajv'))
  const schema = createGenerator({
    path: join(place, types),
    tsconfig: join(place, 'tsconfig.json'),
    type: 'Dashboard',
    skipTypeCheck: true,
    additionalProperties: false,
  }).createSchema('Dashboard')
  const validate = new (Ajv.default ?? Ajv)({ strict: false, allErrors: true }).compile(schema)
  // one that is wrong is refused
  const problems = validate({ title: 1, panels: [{ gridPos: { h: 'a' } }] })
    ? ['the schema takes anything']
    : []
  for (const { file, dashboard } of dashboards()) {
    const errors = validate(dashboard) ? [] : validate.errors
    console.log(`${file}: ${errors.length} deviations from Grafana's schema`)
    problems.push(
      ...errors
        .slice(0, 20)
        .map(
          ({ instancePath, message, params }) =>
            `${file}${instancePath} ${message} ${JSON.stringify(params)}`,
        ),
    )
  }
  return problems
}
