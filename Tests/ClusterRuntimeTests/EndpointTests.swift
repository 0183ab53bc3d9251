import ClusterRuntime
import Testing

@Suite struct EndpointTests {
  @Test(arguments: [
    "ipc:///tmp/head", "tcp://127.0.0.1:5555", "tcp://localhost:5555", "tcp://[::1]:5555",
    "tcp://127.8.9.1:*",
  ])
  func `addresses that only this machine reaches need no keys`(address: String) throws {
    let endpoint = try Endpoint(address, listens: true)
    #expect(endpoint.isLocal)
    try endpoint.checkPlainText(option: "--listen", isAllowed: false, advice: "")
  }

  @Test(arguments: [
    "tcp://0.0.0.0:5555", "tcp://*:5555", "tcp://10.0.0.1:5555", "tcp://head:5555",
    "tcp://[::]:5555", "tcp://128.0.0.1:5555",
  ])
  func `addresses that others reach are refused unless asked for by name`(address: String) throws {
    let endpoint = try Endpoint(address, listens: true)
    #expect(throws: RuntimeFailure.self) {
      try endpoint.checkPlainText(option: "--listen", isAllowed: false, advice: "")
    }
    try endpoint.checkPlainText(option: "--listen", isAllowed: true, advice: "")
  }

  @Test(arguments: [
    "head:5555", "tcp://head", "tcp://:5555", "tcp://head:0", "tcp://head:65536", "tcp://*:5555",
    "tcp://head:*", "ipc://relative", "tcp://::1:5555", "udp://head:5555",
  ])
  func `addresses that cannot be connected to are refused`(address: String) {
    #expect(throws: RuntimeFailure.self) { try Endpoint(address, listens: false) }
  }
}
