/** The given Realtime cases that fail, and why. A case that begins to pass must be taken off: the test says so. */
export const knownRealtimeFailures: Readonly<Record<string, string>> = {}
