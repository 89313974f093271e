/** Lint rule of the house: every SQL statement opens with its name. */
const opensWithName = /^\s*\/\*\s*[\w.-]+\s*\*\//

const sqlHasName = {
  create(context) {
    return {
      TaggedTemplateExpression(node) {
        if (node.tag.type !== 'Identifier' || node.tag.name !== 'sql') return
        if (opensWithName.test(node.quasi.quasis[0].value.raw)) return
        context.report({ node, message: 'name this statement: sql`/* service.operation */ …`' })
      },
    }
  },
}

export default { meta: { name: 'house' }, rules: { 'sql-has-name': sqlHasName } }
