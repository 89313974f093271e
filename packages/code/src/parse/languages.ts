/** Which files are of which language, where its grammar is, and what in its trees is a symbol or a reference. */
import { createRequire } from 'node:module'

export interface Language {
  readonly name: string
  readonly extensions: readonly string[]
  /** Of the package, which may not be installed. */
  readonly grammar: string
  /** Captures `@def.<kind>` with `@name` (and `@in`, where it does not stand in its container), and `@ref.<kind>`. */
  readonly query: string
}

/** What a value has to be for its name to be that of a function. */
const functions = '[(arrow_function) (function_expression) (generator_function)]'

/** At the top of a file or a module. */
const declared = ['program', 'export_statement']
  .map(
    (around) => `(${around} (_ (variable_declarator name: [
  (identifier) @name
  (object_pattern [(shorthand_property_identifier_pattern) @name (pair_pattern value: (identifier) @name) (object_assignment_pattern left: (_) @name)])
  (array_pattern (identifier) @name)
]) @def.variable))`,
  )
  .join('\n')

const script = `
(function_declaration name: (identifier) @name) @def.function
(generator_function_declaration name: (identifier) @name) @def.function
(method_definition name: [(property_identifier) (private_property_identifier) (computed_property_name)] @name) @def.method
(method_definition name: (string (string_fragment) @name)) @def.method
${declared}
(variable_declarator name: (identifier) @name value: ${functions}) @def.function
(variable_declarator name: (identifier) @name value: (class)) @def.class
(pair key: [(property_identifier) @name (string (string_fragment) @name)] value: ${functions}) @def.function
(assignment_expression left: (member_expression property: (property_identifier) @name) right: ${functions}) @def.function
(assignment_expression left: (member_expression property: (property_identifier) @name) right: (class)) @def.class
(export_statement "default" @name value: ${functions}) @def.function
(export_statement "default" @name value: (class)) @def.class
(export_specifier alias: (identifier) @name) @def.variable
(namespace_export (identifier) @name) @def.variable
(call_expression function: (identifier) @ref.call)
(call_expression function: (member_expression property: [(property_identifier) (private_property_identifier)] @ref.call))
(new_expression constructor: (identifier) @ref.class)
(new_expression constructor: (member_expression property: (property_identifier) @ref.class))
(decorator (identifier) @ref.call)
(import_specifier name: (identifier) @ref.import)
(import_clause (identifier) @ref.import)
(export_specifier name: (identifier) @ref.export)`

/** Of components, which begin with a capital letter. */
const elements = `
((jsx_opening_element name: (identifier) @ref.call) (#match? @ref.call "^[A-Z]"))
((jsx_self_closing_element name: (identifier) @ref.call) (#match? @ref.call "^[A-Z]"))
(jsx_opening_element name: (member_expression property: (property_identifier) @ref.call))
(jsx_self_closing_element name: (member_expression property: (property_identifier) @ref.call))`

const typed = `${script}
(class_declaration name: (type_identifier) @name) @def.class
(abstract_class_declaration name: (type_identifier) @name) @def.class
(interface_declaration name: (type_identifier) @name) @def.interface
(type_alias_declaration name: (type_identifier) @name) @def.type
(enum_declaration name: (identifier) @name) @def.enum
(enum_body [(property_identifier) @name (enum_assignment name: (property_identifier) @name)] @def.enum_member)
(function_signature name: (identifier) @name) @def.function
(method_signature name: (property_identifier) @name) @def.method
(abstract_method_signature name: (property_identifier) @name) @def.method
(property_signature name: (property_identifier) @name) @def.field
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name) @def.field
(public_field_definition name: [(property_identifier) (private_property_identifier)] @name value: ${functions}) @def.method
(ambient_declaration (_ (variable_declarator name: (identifier) @name) @def.variable))
(internal_module name: (identifier) @name) @def.module
(module name: [(identifier) @name (string (string_fragment) @name)]) @def.module
(extends_clause value: [(identifier) @ref.class (member_expression property: (property_identifier) @ref.class)])
(type_identifier) @ref.type`

const global = `(declaration declarator: [
  (identifier) @name
  (array_declarator declarator: (identifier) @name)
  (pointer_declarator declarator: (identifier) @name)
  (function_declarator declarator: (parenthesized_declarator (_ declarator: (identifier) @name)))
  (init_declarator declarator: [(identifier) @name (_ declarator: (identifier) @name) (_ declarator: (_ declarator: (identifier) @name)) (function_declarator declarator: (parenthesized_declarator (_ declarator: (identifier) @name)))])
]) @def.variable`

/** In C, outside of functions, where an `#if` may be as well: most of a header is in one, and a few in that. */
function globals(depth: number): string {
  if (depth === 0) return global
  const inner = globals(depth - 1)
  const conditions = ['ifdef', 'if', 'else'].map((name) => `(preproc_${name} ${inner})`)
  return `[${global} ${conditions.join(' ')} (linkage_specification (declaration_list ${inner}))]`
}

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
    query: typed + elements,
  },
  {
    name: 'javascript',
    extensions: ['js', 'mjs', 'cjs', 'jsx'],
    grammar: 'tree-sitter-javascript/tree-sitter-javascript.wasm',
    query: `${script}${elements}
(class_declaration name: (identifier) @name) @def.class
(field_definition property: [(property_identifier) (private_property_identifier)] @name) @def.field
(field_definition property: [(property_identifier) (private_property_identifier)] @name value: ${functions}) @def.method
(class_heritage [(identifier) @ref.class (member_expression property: (property_identifier) @ref.class)])`,
  },
  {
    name: 'python',
    extensions: ['py', 'pyi'],
    grammar: 'tree-sitter-python/tree-sitter-python.wasm',
    query: `
(class_definition name: (identifier) @name) @def.class
(function_definition name: (identifier) @name) @def.function
(module (expression_statement (assignment left: [(identifier) @name (pattern_list (identifier) @name)]) @def.variable))
(class_definition body: (block (expression_statement (assignment left: (identifier) @name) @def.field)))
(assignment left: (identifier) @name right: (lambda)) @def.function
(type_alias_statement left: (type [(identifier) @name (generic_type (identifier) @name)])) @def.type
(call function: (identifier) @ref.call)
(call function: (attribute attribute: (identifier) @ref.call))
(decorator [(identifier) @ref.call (attribute attribute: (identifier) @ref.call)])
(class_definition superclasses: (argument_list [(identifier) @ref.class (attribute attribute: (identifier) @ref.class) (subscript value: (identifier) @ref.class)]))
(import_from_statement name: [(dotted_name (identifier) @ref.import) (aliased_import name: (dotted_name (identifier) @ref.import))])
(type [(identifier) @ref.type (generic_type (identifier) @ref.type) (attribute attribute: (identifier) @ref.type)])`,
  },
  {
    name: 'go',
    extensions: ['go'],
    grammar: 'tree-sitter-go/tree-sitter-go.wasm',
    query: `
(function_declaration name: (identifier) @name) @def.function
(method_declaration receiver: (parameter_list (parameter_declaration type: [(type_identifier) @in (generic_type type: (type_identifier) @in) (pointer_type [(type_identifier) @in (generic_type type: (type_identifier) @in)])])) name: (field_identifier) @name) @def.method
(type_spec name: (type_identifier) @name) @def.type
(type_spec name: (type_identifier) @name type: (struct_type)) @def.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @def.interface
(type_alias name: (type_identifier) @name) @def.type
(method_elem name: (field_identifier) @name) @def.method
(field_declaration name: (field_identifier) @name) @def.field
(const_spec name: (identifier) @name) @def.constant
(source_file (var_declaration [(var_spec name: (identifier) @name) @def.variable (var_spec_list (var_spec name: (identifier) @name) @def.variable)]))
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
(impl_item type: [(type_identifier) @name (generic_type type: (type_identifier) @name) (scoped_type_identifier name: (type_identifier) @name) (reference_type type: (_) @name)]) @def.implementation
(impl_item type: (generic_type type: (scoped_type_identifier name: (type_identifier) @name))) @def.implementation
(enum_variant name: (identifier) @name) @def.enum_member
(field_declaration name: (field_identifier) @name) @def.field
(associated_type name: (type_identifier) @name) @def.type
(call_expression function: [(identifier) @ref.call (generic_function function: (identifier) @ref.call)])
(call_expression function: [(field_expression field: (field_identifier) @ref.call) (generic_function function: (field_expression field: (field_identifier) @ref.call))])
(call_expression function: [(scoped_identifier name: (identifier) @ref.call) (generic_function function: (scoped_identifier name: (identifier) @ref.call))])
(macro_invocation macro: [(identifier) @ref.call (scoped_identifier name: (identifier) @ref.call)])
(token_tree (identifier) @ref.call . (token_tree))
(use_declaration argument: [(identifier) @ref.import (scoped_identifier name: (identifier) @ref.import)])
(use_list [(identifier) @ref.import (scoped_identifier name: (identifier) @ref.import)])
(use_as_clause path: [(identifier) @ref.import (scoped_identifier name: (identifier) @ref.import)])
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
(compact_constructor_declaration name: (identifier) @name) @def.method
(annotation_type_declaration name: (identifier) @name) @def.interface
(annotation_type_element_declaration name: (identifier) @name) @def.method
(enum_constant name: (identifier) @name) @def.enum_member
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @def.field
(constant_declaration declarator: (variable_declarator name: (identifier) @name)) @def.constant
(method_invocation name: (identifier) @ref.call)
(method_reference (identifier) @ref.call .)
(object_creation_expression type: [(type_identifier) @ref.class (generic_type (type_identifier) @ref.class) (scoped_type_identifier (type_identifier) @ref.class .)])
(marker_annotation name: (identifier) @ref.type)
(annotation name: (identifier) @ref.type)
(import_declaration (scoped_identifier name: (identifier) @ref.import))
(type_identifier) @ref.type`,
  },
  {
    name: 'c',
    extensions: ['c', 'h'],
    grammar: 'tree-sitter-c/tree-sitter-c.wasm',
    query: `
(function_definition declarator: (function_declarator declarator: (identifier) @name)) @def.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @def.function
(function_definition declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))) @def.function
(declaration declarator: (function_declarator declarator: (identifier) @name)) @def.function
(declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name))) @def.function
(declaration declarator: (pointer_declarator declarator: (pointer_declarator declarator: (function_declarator declarator: (identifier) @name)))) @def.function
(translation_unit ${globals(2)})
(function_definition type: (type_identifier) @name declarator: (parenthesized_declarator)) @def.function
(struct_specifier name: (type_identifier) @name body: (_)) @def.struct
(union_specifier name: (type_identifier) @name body: (_)) @def.struct
(enum_specifier name: (type_identifier) @name body: (_)) @def.enum
(enumerator name: (identifier) @name) @def.enum_member
(field_declaration declarator: [(field_identifier) @name (_ declarator: (field_identifier) @name) (function_declarator declarator: (parenthesized_declarator (_ declarator: (field_identifier) @name)))]) @def.field
(type_definition declarator: [(type_identifier) @name (_ declarator: (type_identifier) @name) (function_declarator declarator: (parenthesized_declarator (_ declarator: (type_identifier) @name)))]) @def.type
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
