export * as Calls from "./Calls.js"
export {
  contract,
  type ContractOptions,
  type ContractReport,
  type DecodedResponse,
  type FailedResponse
} from "./contract.js"
export * as Exchange from "./Exchange.js"
export * as Faults from "./Faults.js"
export * as Recording from "./Recording.js"
export * as TestApi from "./TestApi.js"
export * as TestServer from "./TestServer.js"
