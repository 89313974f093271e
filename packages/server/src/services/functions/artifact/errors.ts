/** Why a function cannot be packed. */
import { defineErrors } from '#base/kernel'

const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`

export const artifactErrors = defineErrors({
  function_too_large: {
    status: 413,
    message: (p: { bytes: number }) =>
      `The function with what it imports is larger than ${mib(p.bytes)}`,
    hint: 'Import less, or raise basalt.functions.max_unpacked_size.',
  },
  artifact_too_large: {
    status: 413,
    message: (p: { bytes: number }) =>
      `The function with what it imports is larger than ${mib(p.bytes)} when packed`,
    hint: 'Import less, or raise basalt.functions.max_artifact_size.',
  },
  function_too_many_files: {
    status: 413,
    message: (p: { max: number }) =>
      `The function with what it imports has more than ${p.max} files and folders`,
  },
  function_file_unfit: {
    status: 400,
    message: (p: { path: string }) =>
      `${p.path.slice(0, 300)} is neither a file nor a folder, nor a link that stays inside the function`,
  },
})
