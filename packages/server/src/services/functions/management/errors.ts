/** Errors of deploying. */
import { defineErrors } from '#base/kernel'

export const managementErrors = defineErrors({
  function_name_invalid: {
    status: 400,
    message: (p: { slug: string }) =>
      `${JSON.stringify(p.slug.slice(0, 100))} cannot be the name of a function`,
    hint: 'Letters, digits, _ and -, beginning with a letter, 64 at most.',
  },
  function_upload_invalid: {
    status: 400,
    message: (p: { reason: string }) => `The upload cannot be read: ${p.reason}`,
    hint: 'Send multipart/form-data: a part metadata (JSON with entrypoint_path), then parts file with their paths as file names.',
  },
  function_upload_too_large: {
    status: 413,
    message: (p: { maxBytes: number }) =>
      `The files of the function are larger than ${p.maxBytes} bytes together`,
    hint: 'Send less, or raise basalt.functions.max_unpacked_size.',
  },
  function_path_invalid: {
    status: 400,
    message: (p: { path: string }) =>
      `${JSON.stringify(p.path.slice(0, 300))} is no path of a file of the project`,
    hint: 'Paths are relative to the folder that holds supabase/, with / between folders, and do not lead out of it.',
  },
  function_file_missing: {
    status: 400,
    message: (p: { path: string; what: string }) =>
      `The ${p.what} ${p.path.slice(0, 300)} is not among the files that were sent`,
  },
  function_not_prepared: {
    status: 400,
    message: (p: { message: string; where: string }) => p.message,
    details: (p: { message: string; where: string }) => p.where,
  },
  function_bundle_refused: {
    status: 415,
    message: 'Bundles (eszip) are not taken: send the sources',
    hint: 'supabase functions deploy --use-api',
  },
  function_body_form_only: {
    status: 406,
    message: 'Functions are kept as sources, not as bundles (eszip): ask for multipart/form-data',
    hint: 'supabase functions download --use-api',
  },
  function_bytes_gone: {
    status: 500,
    message: (p: { slug: string }) => `The bytes of ${p.slug} are not where they should be kept`,
    hint: 'Deploy it again.',
  },
  function_no_earlier_version: {
    status: 409,
    message: (p: { slug: string }) => `No earlier version of ${p.slug} is kept`,
  },
  functions_busy: {
    status: 503,
    message: 'Too many functions are being deployed: try again in a moment',
  },
  function_body_invalid: {
    status: 400,
    message: (p: { expected: string }) => `The body must be ${p.expected}`,
  },
  log_query_invalid: {
    status: 400,
    message: (p: { name: string; max: number }) =>
      `${p.name} must be a whole number from 0 to ${p.max}`,
  },
  log_followers_too_many: {
    status: 503,
    message: 'Too many clients follow logs: try again later',
  },
})
