/** What the messages of a running pipeline mean for it. */
import { readCommandTag, readDataRow, readRowDescription } from './backend-messages.ts'
import type { Execution, Pipeline } from './pipeline.ts'

/** Takes one message for the pipeline at the head; false when it is none about results. The most frequent come first. */
export function receiveResult(
  head: Pipeline | undefined,
  type: number,
  buffer: Buffer,
  start: number,
  end: number,
): boolean {
  const execution = head?.executions[head.at]
  switch (type) {
    case 0x44: // D DataRow
      if (execution !== undefined) takeRow(execution, buffer, start, end)
      return true
    case 0x32: // 2 BindComplete
      return true
    case 0x43: // C CommandComplete
      if (execution === undefined) return endStatement(head, buffer, start, end)
      readCommandTag(buffer, start, end, execution)
      return next(head)
    case 0x31: // 1 ParseComplete
      if (execution?.parsing) execution.parsing.state = 'ready'
      return true
    case 0x54: // T RowDescription
      if (execution === undefined && head !== undefined) head.scriptHasFields = true
      return describe(execution, readRowDescription(buffer, start))
    case 0x6e: // n NoData
      return describe(execution, [])
    case 0x73: // s PortalSuspended
      if (execution !== undefined) execution.hasMore = true
      return next(head)
    case 0x49: // I EmptyQueryResponse
      return next(head)
    default:
      return false
  }
}

function takeRow(execution: Execution, buffer: Buffer, start: number, end: number): void {
  if (execution.bytesLeft > 0) execution.rows.push(readDataRow(buffer, start))
  else execution.hasMore = true
  execution.bytesLeft -= end - start
}

/** One statement of a script has ended. */
function endStatement(
  head: Pipeline | undefined,
  buffer: Buffer,
  start: number,
  end: number,
): true {
  if (head !== undefined) {
    const tag = buffer.toString('latin1', start, end - 1)
    head.scriptEnd = { tag, hasRows: head.scriptHasFields }
    head.scriptHasFields = false
  }
  return true
}

function next(head: Pipeline | undefined): true {
  if (head !== undefined) head.at++
  return true
}

function describe(execution: Execution | undefined, fields: Execution['fields']): true {
  if (execution !== undefined) execution.fields = fields
  if (execution?.parsing) execution.parsing.fields = fields
  return true
}
