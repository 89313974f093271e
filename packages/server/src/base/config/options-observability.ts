/** Options of what is seen of a node as it runs. */
import { port, text, unset } from './option.ts'

export const observabilityOptions = {
  'basalt.observability.metrics.port': unset(
    port(9090, 'Port that serves /metrics alone, to everybody who reaches it.'),
  ),
  'basalt.observability.metrics.host': text('127.0.0.1', 'Address of that port.'),
}
