/** data-api/request: from an HTTP request to an ApiRequest. Pure. */
export { inspectLargeBody, parseRequest } from './parse-request.ts'
export { cutName, maxShownNames } from './bounds.ts'
export type { InspectedBody } from './parse-payload.ts'
export { requestErrors } from './errors.ts'
export { contentTypeOf, mimeOf } from './media-type.ts'
export type { MediaType, PlanOption } from './media-type.ts'
export type { Preferences } from './preferences.ts'
export type {
  Aggregate,
  ApiRequest,
  ColumnItem,
  CompareOperator,
  EmbedItem,
  EmbedPath,
  FieldRef,
  FixedLimit,
  Filter,
  Intent,
  IsValue,
  JsonStep,
  LogicNode,
  Operation,
  OrderTerm,
  Param,
  PathLogic,
  PathOrder,
  PathRange,
  Payload,
  RequestInput,
  RequestOptions,
  RowRange,
  SearchOperator,
  SelectItem,
  Slot,
  SlotValue,
  Target,
} from './api-request.ts'
