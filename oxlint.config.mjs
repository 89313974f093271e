import { admits, layers } from './layers.mjs'
import { codeLayers } from './packages/code/layers.mjs'
import { docstoreLayers } from './packages/docstore/layers.mjs'
import { studioLayers } from './packages/studio/layers.mjs'

/** Turns one row of the layer table into a lint override: `./` inside a module, `#name` across, `../` never. */
function row([module, allowed]) {
  const own = Object.keys(layers).filter((name) => name.startsWith(`${module}/`))
  const admitted = [...admits(module), ...own].map((name) => `!#${name}`)
  return {
    files: [`packages/server/src/${module}/**`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['../**', '#*', '#*/**', '@basalt/**', ...admitted],
              message: `${module} may import only: ${allowed.join(', ') || 'nothing'}. See layers.mjs`,
            },
          ],
        },
      ],
    },
  }
}

/** A package with a table of its own: nothing of the server in it, and nothing of it in the server. */
const rowOf =
  (name) =>
  ([module, allowed]) => {
    const admitted = allowed.map((name) => `!#${name}`)
    return {
      files: [`packages/${name}/src/${module}/**`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: ['../**', '#*', '#*/**', '@basalt/**', ...admitted],
                message: `${name}/${module} may import only: ${allowed.join(', ') || 'nothing'}. See packages/${name}/layers.mjs`,
              },
            ],
          },
        ],
      },
    }
  }

/** Studio's: no other package, and no markup that somebody wrote. */
function studioRow([room, allowed]) {
  const admitted = allowed.map((name) => `!#studio/${name}`)
  return {
    files: [`packages/studio/src/${room}/**`],
    plugins: ['react'],
    rules: {
      'react/rules-of-hooks': 'error',
      'react/no-danger': 'error',
      // advice for the React compiler, which is not used
      'react/refs': 'off',
      'react/set-state-in-effect': 'off',
      'react/static-components': 'off',
      'react/incompatible-library': 'off',
      'react/purity': 'off',
      'react/immutability': 'off',
      'react/preserve-manual-memoization': 'off',
      // markup is long without being much
      'max-lines-per-function': ['error', { max: 140, skipBlankLines: true, skipComments: true }],
      'react/jsx-no-target-blank': 'error',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['../**', '#*', '#*/**', '@basalt/**', ...admitted],
              message: `studio/${room} may import only: ${allowed.join(', ') || 'nothing'}. See packages/studio/layers.mjs`,
            },
          ],
        },
      ],
    },
  }
}

export default {
  plugins: ['typescript', 'import', 'unicorn', 'node', 'vitest'],
  jsPlugins: ['./tools/house-plugin.mjs'],
  categories: { correctness: 'error' },
  // the cases and their runner are given: kept as they came, so that newer ones can replace them
  ignorePatterns: [
    '**/dist/**',
    '**/node_modules/**',
    'test/conformance/cases/**',
    // generated
    'packages/studio/src/api/admin-routes.ts',
    // AssemblyScript
    '**/*.as.ts',
  ],
  rules: {
    'import/no-cycle': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'unicorn/filename-case': ['error', { case: 'kebabCase' }],
    'node/no-process-env': 'error',
    'no-console': 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    'max-lines-per-function': ['error', { max: 80, skipBlankLines: true, skipComments: true }],
    'house/sql-has-name': 'error',
  },
  overrides: [
    ...Object.entries(layers).map(row),
    ...Object.entries(docstoreLayers).map(rowOf('docstore')),
    ...Object.entries(codeLayers).map(rowOf('code')),
    ...Object.entries(studioLayers).map(studioRow),
    {
      files: [
        'packages/server/src/base/config/load.ts',
        'packages/cli/src/terminal/terminal.ts',
        'packages/server/src/testing/redis-server.ts',
        'packages/server/src/testing/pgbouncer.ts',
        'packages/server/src/testing/test-pooler.ts',
      ],
      rules: { 'node/no-process-env': 'off' },
    },
    {
      files: ['packages/cli/src/**'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              {
                group: ['../**', '@basalt/server/src/**', '@basalt/server/dist/**'],
                message: 'the cli calls the public API of server and nothing else',
              },
            ],
          },
        ],
      },
    },
    {
      // Web IDL counts the arguments a function needs: a default keeps a parameter out of `length`
      files: ['packages/docstore/src/indexeddb/**'],
      rules: { 'typescript/no-useless-default-assignment': 'off', 'prefer-rest-params': 'off' },
    },
    {
      files: [
        'tools/**',
        'test/**',
        'examples/**',
        'deploy/**',
        'vitest.config.mjs',
        // at full length a drill
        'packages/server/src/services/realtime/rows/compiled-policies.db.test.ts',
      ],
      rules: { 'no-console': 'off', 'node/no-process-env': 'off' },
    },
    {
      // one row a module
      files: ['layers.mjs'],
      rules: { 'max-lines': 'off' },
    },
    {
      // a suite is a test that adapters run
      files: [
        'packages/server/src/testing/suites/*-suite.ts',
        'packages/docstore/src/**/*-suite.ts',
      ],
      rules: { 'max-lines': 'off', 'max-lines-per-function': 'off' },
    },
    {
      // tests may enter by any module's face, and build what they need with the testing module
      files: ['**/*.{test,fixture,scenario,drill}.ts', 'test/**'],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              '../**',
              '!../../examples/**',
              '!../packages/**',
              '!../../packages/**',
              '!../layers.mjs',
              '!../bench/**',
              '!../drill/**',
              '!../code/**',
              '!../conformance/**',
            ],
          },
        ],
        'vitest/no-conditional-tests': 'off',
        'vitest/valid-title': 'off',
        // bodies are text in tests
        'typescript/no-base-to-string': 'off',
        'max-lines': 'off',
        'max-lines-per-function': 'off',
        'vitest/no-conditional-expect': 'off',
        // the second argument of expect is a message
        'vitest/valid-expect': ['error', { maxArgs: 2 }],
      },
    },
  ],
}
