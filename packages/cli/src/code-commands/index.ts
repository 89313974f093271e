/** code-commands: code intelligence, where @basalt/code is installed. */
export { defineCode } from './define-code.ts'
