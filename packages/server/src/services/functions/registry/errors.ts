/** Errors of what is deployed, and of its secrets. */
import { defineErrors } from '#base/kernel'

export const registryErrors = defineErrors({
  function_not_found: {
    status: 404,
    message: (p: { slug: string }) => `There is no function ${p.slug.slice(0, 100)}`,
  },
  function_version_not_found: {
    status: 404,
    message: (p: { slug: string; version: string }) =>
      `Function ${p.slug.slice(0, 100)} has no version ${p.version.slice(0, 20)} that is kept`,
    hint: 'basalt functions list <name> shows the versions that are kept.',
  },
  functions_too_many: {
    status: 400,
    message: (p: { max: number }) => `A project has ${p.max} functions at most`,
  },
  secret_name_invalid: {
    status: 400,
    message: (p: { name: string }) =>
      `${JSON.stringify(p.name.slice(0, 100))} cannot be the name of a secret`,
    hint: 'Letters, digits and _, not beginning with a digit, SUPABASE_, DENO_ or what the system keeps for itself (PATH, LD_…).',
  },
  secret_value_invalid: {
    status: 400,
    message: (p: { name: string; maxBytes: number }) =>
      `The value of ${p.name.slice(0, 100)} must be text without NUL of at most ${p.maxBytes} bytes`,
  },
  secrets_too_many: {
    status: 400,
    message: (p: { max: number }) => `A project has ${p.max} secrets at most`,
  },
})
