/** functions/wasm: WASI commands as functions, in threads. */
export { WasmWorker } from './wasm-worker.ts'
