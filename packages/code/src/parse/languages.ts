/** Which files are of which language, where its grammar is, and what in its trees is a symbol or a reference. */
import { createRequire } from 'node:module'

export interface Language {
  readonly name: string
  readonly extensions: readonly string[]
  /** Of the package, which may not be installed. */
  readonly grammar: string
  /** Captures `@def.<kind>` with `@name`, and `@ref.<kind>`. */
  readonly query: string
}

const script = `
(function_declaration name: (identifier) @name) @def.function
(generator_function_declaration name: (identifier) @name) @def.function
(method_definition name: (_) @name) @def.method
(program (lexical_declaration (variable_declarator name: (identifier) @name) @def.variable))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @def.variable)))
(variable_declarator name: (identifier) @name value: [(arrow_function) (function_expression)]) @def.function
(pair key: (property_identifier) @name value: [(arrow_function) (function_expression)]) @def.function
(assignment_expression left: (member_expression property: (property_identifier) @name) right: [(arrow_function) (function_expression)]) @def.function
(call_expression function: (identifier) @ref.call)
(call_expression function: (member_expression property: (property_identifier) @ref.call))
(new_expression constructor: (identifier) @ref.class)
(import_specifier name: (identifier) @ref.import)
(import_clause (identifier) @ref.import)`

const typed = `${script}
(class_declaration name: (type_identifier) @name) @def.class
(abstract_class_declaration name: (type_identifier) @name) @def.class
(interface_declaration name: (type_identifier) @name) @def.interface
(type_alias_declaration name: (type_identifier) @name) @def.type
(enum_declaration name: (identifier) @name) @def.enum
(function_signature name: (identifier) @name) @def.function
(method_signature name: (property_identifier) @name) @def.method
(abstract_method_signature name: (property_identifier) @name) @def.method
(public_field_definition name: (property_identifier) @name) @def.field
(internal_module name: (identifier) @name) @def.module
(type_identifier) @ref.type`

export const languages: readonly Language[] = [
  {
    name: 'typescript',
    extensions: ['ts', 'mts', 'cts'],
    grammar: 'tree-sitter-typescript/tree-sitter-typescript.wasm',
    query: typed,
  },
  {
    name: 'tsx',
    extensions: ['tsx'],
    grammar: 'tree-sitter-typescript/tree-sitter-tsx.wasm',
    query: typed,
  },
  {
    name: 'javascript',
    extensions: ['js', 'mjs', 'cjs', 'jsx'],
    grammar: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
    query: `${script}
(class_declaration name: (identifier) @name) @def.class
(field_definition property: (property_identifier) @name) @def.field
(class_heritage (identifier) @ref.class)`,
  },
  {
    name: 'python',
    extensions: ['py', 'pyi'],
    grammar: 'tree-sitter-python/tree-sitter-python.wasm',
    query: `
(class_definition name: (identifier) @name) @def.class
(function_definition name: (identifier) @name) @def.function
(module (expression_statement (assignment left: (identifier) @name) @def.variable))
(call function: (identifier) @ref.call)
(call function: (attribute attribute: (identifier) @ref.call))
(class_definition superclasses: (argument_list (identifier) @ref.class))
(import_from_statement name: (dotted_name (identifier) @ref.import))
(type (identifier) @ref.type)`,
  },
  {
    name: 'go',
    extensions: ['go'],
    grammar: 'tree-sitter-go/tree-sitter-go.wasm',
    query: `
(function_declaration name: (identifier) @name) @def.function
(method_declaration name: (field_identifier) @name) @def.method
(type_spec name: (type_identifier) @name) @def.type
(const_spec name: (identifier) @name) @def.constant
(source_file (var_declaration (var_spec name: (identifier) @name) @def.variable))
(call_expression function: (identifier) @ref.call)
(call_expression function: (selector_expression field: (field_identifier) @ref.call))
(type_identifier) @ref.type`,
  },
  {
    name: 'rust',
    extensions: ['rs'],
    grammar: 'tree-sitter-rust/tree-sitter-rust.wasm',
    query: `
(function_item name: (identifier) @name) @def.function
(function_signature_item name: (identifier) @name) @def.function
(struct_item name: (type_identifier) @name) @def.struct
(enum_item name: (type_identifier) @name) @def.enum
(union_item name: (type_identifier) @name) @def.struct
(trait_item name: (type_identifier) @name) @def.interface
(type_item name: (type_identifier) @name) @def.type
(mod_item name: (identifier) @name) @def.module
(macro_definition name: (identifier) @name) @def.macro
(const_item name: (identifier) @name) @def.constant
(static_item name: (identifier) @name) @def.variable
(impl_item type: (type_identifier) @name) @def.implementation
(call_expression function: (identifier) @ref.call)
(call_expression function: (field_expression field: (field_identifier) @ref.call))
(call_expression function: (scoped_identifier name: (identifier) @ref.call))
(macro_invocation macro: (identifier) @ref.call)
(type_identifier) @ref.type`,
  },
  {
    name: 'java',
    extensions: ['java'],
    grammar: 'tree-sitter-java/tree-sitter-java.wasm',
    query: `
(class_declaration name: (identifier) @name) @def.class
(interface_declaration name: (identifier) @name) @def.interface
(enum_declaration name: (identifier) @name) @def.enum
(record_declaration name: (identifier) @name) @def.class
(method_declaration name: (identifier) @name) @def.method
(constructor_declaration name: (identifier) @name) @def.method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @def.field
(method_invocation name: (identifier) @ref.call)
(object_creation_expression type: (type_identifier) @ref.class)
(type_identifier) @ref.type`,
  },
  {
    name: 'c',
    extensions: ['c', 'h'],
    grammar: 'tree-sitter-c/tree-sitter-c.wasm',
    query: `
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @def.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @def.function
(translation_unit (declaration declarator: (function_declarator declarator: (identifier) @name)) @def.function)
(struct_specifier name: (type_identifier) @name body: (_)) @def.struct
(union_specifier name: (type_identifier) @name body: (_)) @def.struct
(enum_specifier name: (type_identifier) @name body: (_)) @def.enum
(type_definition declarator: (type_identifier) @name) @def.type
(preproc_function_def name: (identifier) @name) @def.macro
(preproc_def name: (identifier) @name) @def.constant
(call_expression function: (identifier) @ref.call)
(call_expression function: (field_expression field: (field_identifier) @ref.call))
(type_identifier) @ref.type`,
  },
]

const byExtension = new Map(
  languages.flatMap((language) => language.extensions.map((end) => [end, language] as const)),
)

export function languageOf(path: string): Language | null {
  const dot = path.lastIndexOf('.')
  return byExtension.get(path.slice(dot + 1).toLowerCase()) ?? null
}

const resolve = createRequire(import.meta.url)

/** Where the grammar is; null when its package is not installed. */
export function findGrammar({ grammar }: Language): string | null {
  try {
    return resolve.resolve(grammar)
  } catch {
    return null
  }
}
