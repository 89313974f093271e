/** The given Storage cases that fail, and why. A case that begins to pass must be taken off: the test says so. */
const vectors = 'vector buckets are not there yet'

export const knownStorageFailures: Readonly<Record<string, string>> = {
  'vector-duplicate-bucket': vectors,
  'vector-missing': vectors,
  'vector-needs-service-role': vectors,
}
