/** functions/prepare: from sources to what runs without a network. */
export { createPreparer } from './prepare-function.ts'
