/** What of the WebAssembly API is used here: Node has it, its types do not. */

/** A compiled module. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: 'WebAssembly.Module'
}

interface WasmApi {
  compile(bytes: Uint8Array): Promise<WasmModule>
  readonly Module: {
    exports(module: WasmModule): { readonly name: string; readonly kind: string }[]
  }
}

export const webAssembly = (globalThis as unknown as { readonly WebAssembly: WasmApi }).WebAssembly
