import ClusterRuntime
import Launching
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

  @Test func `workers are told the names that the user gives, with the port that is bound`() throws
  {
    let told = try Endpoint.advertised(
      for: "tcp://0.0.0.0:4711", as: ["head.example.org", "10.0.0.7:80", "fd00::7", "[fd00::8]:81"])
    #expect(
      told.map(\.description)
        == ["head.example.org:4711", "10.0.0.7:80", "[fd00::7]:4711", "[fd00::8]:81"])
  }

  @Test func `an address that is bound alone is the one that workers are told`() throws {
    #expect(
      try Endpoint.advertised(for: "tcp://10.1.2.3:4711", as: []).map(\.description)
        == ["10.1.2.3:4711"])
    #expect(try Endpoint.advertised(for: "ipc:///tmp/head", as: []).isEmpty)
    let all = try Endpoint.advertised(for: "tcp://0.0.0.0:4711", as: [])
    #expect(!all.isEmpty && all.allSatisfy { $0.port == 4711 && $0.host != "0.0.0.0" })
  }

  @Test(arguments: ["a b", "", "head:0", "head:x", "-head"])
  func `a name that there cannot be is refused`(name: String) {
    #expect(throws: RuntimeFailure.self) {
      try Endpoint.advertised(for: "tcp://0.0.0.0:4711", as: [name])
    }
  }
}
