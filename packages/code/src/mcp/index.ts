/** mcp: the searches as tools, over standard input and output. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { createMcpServer } from './create-mcp-server.ts'
import type { McpOptions } from './create-mcp-server.ts'

export { createMcpServer }
export type { McpOptions }

/** Serves standard input and output; the way to end it. */
export async function serveMcp(options: McpOptions): Promise<{ close(): Promise<void> }> {
  const server = createMcpServer(options)
  await server.connect(new StdioServerTransport())
  return { close: () => server.close() }
}
