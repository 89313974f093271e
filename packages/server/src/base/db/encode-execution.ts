/** One statement as protocol messages: bound to a prepared one, prepared on the way, or unnamed. */
import type { FrontendMessages } from './frontend-messages.ts'
import type { Execution } from './pipeline.ts'
import type { PreparedStatements } from './prepared-statements.ts'

/** `prepared` is null where nothing is to be kept. */
export function encodeExecution(
  execution: Execution,
  messages: FrontendMessages,
  prepared: PreparedStatements | null,
): void {
  if (execution.continues) {
    messages.execute(execution.maxRows)
    return
  }
  const { text, values } = execution.statement
  const known = prepared?.get(text, execution.role)
  if (known?.state === 'ready') {
    execution.fields = known.fields
    messages.bind(known.name, values)
  } else if (prepared !== null && known === undefined) {
    execution.parsing = prepared.add(text, execution.role)
    messages.parse(execution.parsing.name, text)
    messages.describe('S', execution.parsing.name)
    messages.bind(execution.parsing.name, values)
  } else {
    messages.parse('', text)
    messages.bind('', values)
    messages.describe('P', '')
  }
  messages.execute(execution.maxRows)
}
