import Testing

/// Shows that each rule of the architecture can fail, on small sources made up here.
@Suite struct RuleTests {
  @Test(arguments: [
    "let now = Date()", "let now = Date.now", "ContinuousClock().now", "SuspendingClock.now",
    "clock_gettime(CLOCK_MONOTONIC, &spec)", "gettimeofday(&time, nil)", "usleep(1); sleep(2)",
    "FileManager.default", "FileHandle.standardError", "fopen(path, mode)",
    "try Data(contentsOf: url)", "try String(contentsOfFile: path)", "print(1)", "readLine()",
    "socket(AF_INET, 0, 0)", "URLSession.shared", "let child = Process()", "posix_spawnp(a)",
    "Thread.current", "DispatchQueue.main", "ProcessInfo.processInfo", "CommandLine.arguments",
    "getenv(name)", "setenv(name, value, 1)", "SystemRandomNumberGenerator()",
    "arc4random_uniform(3)", "drand48()", "UUID()", "name.hashValue", "Int.random(in: 0..<3)",
    "runs.shuffled()", "runs.shuffle()", "runs.randomElement()",
  ])
  func `a pure target that reaches outside is found`(code: String) {
    #expect(Rules.impurities(in: "func f() {\n  \(code)\n}").count == 1)
  }

  @Test(arguments: [
    "// Date() and FileManager", "/* Process( /* getenv */ Thread */ let a = 1",
    "let candidate = Candidate()", "ISO8601Date(3)", "Int.random(in: 0..<3, using: &generator)",
    "runs.shuffled(\n  using: &generator)", "isThreadless", "runs.append(contentsOf: more)",
  ])
  func `a pure target that only sounds impure is left alone`(code: String) {
    #expect(Rules.impurities(in: code) == [])
  }

  @Test func `a violation names its line and what it is`() {
    #expect(
      Rules.impurities(in: "/* two\nlines */\nlet now = Date()")
        == ["line 3: Date( is a clock"])
  }

  @Test func `a comment mark inside a string does not hide what follows`() {
    #expect(Rules.impurities(in: #"f("https://x", Date())"#).count == 1)
    #expect(Rules.impurities(in: #"f("a \" // b", Date())"#).count == 1)
    #expect(Rules.impurities(in: ##"f(#"a " // b"#, Date())"##).count == 1)
    #expect(Rules.impurities(in: "f(\"\"\"\n  \" // b\n  \"\"\", Date())").count == 1)
  }

  @Test func `imports are read with their modifiers, and not from comments`() {
    let text = """
      // import Commented
      import Foundation
      public import OrderedCollections
      @testable internal import Networks
      import struct Crypto.SHA256
      import Yams; import GRDB
      let word = important
      """
    #expect(
      SourceText(text).imports
        == ["Foundation", "OrderedCollections", "Networks", "Crypto", "Yams", "GRDB"])
  }

  @Test(arguments: [
    ("Experiments", "Networks"), ("LinearAlgebra", "Experiments"), ("Networks", "Training"),
    ("Networks", "CLinearAlgebra"), ("Training", "CKernels"), ("Training", "TrainerRuntime"),
    ("Coordination", "ResultStore"), ("Coordination", "GRDB"), ("PhaseMaps", "ResultStore"),
    ("ResultStore", "Coordination"), ("ClusterRuntime", "Training"), ("ClusterRuntime", "GRDB"),
    ("ClusterRuntime", "TrainerRuntime"), ("TrainerRuntime", "ClusterRuntime"),
    ("groksweep", "CZeroMQ"), ("groksweep", "GRDB"), ("ClusterRuntime", "ArgumentParser"),
    ("Coordination", "Logging"), ("Experiments", "Dispatch"), ("Unheard", "Foundation"),
  ])
  func `an import against the arrows is found`(target: String, module: String) {
    #expect(Rules.wrongImports(in: "public import \(module)\n", of: target).count == 1)
    #expect(Rules.wrongDependencies([module], of: target).count == 1)
  }

  @Test(arguments: [
    ("LinearAlgebra", "CLinearAlgebra"), ("LinearAlgebra", "CKernels"), ("ResultStore", "GRDB"),
    ("ClusterRuntime", "CZeroMQ"), ("ClusterRuntime", "Experiments"),
    ("Training", "LinearAlgebra"), ("groksweep", "ArgumentParser"), ("groksweep", "Networks"),
  ])
  func `an import along the arrows is left alone`(target: String, module: String) {
    #expect(Rules.wrongImports(in: "import \(module)\n", of: target) == [])
  }

  @Test func `a target of the manifest is read with the dependencies given by name`() {
    let manifest = Manifest(
      """
      let package = Package(name: "P", targets: [
        .target(name: "A", dependencies: [crypto], swiftSettings: house),
        // .target(name: "Gone"),
        .executableTarget(
          name: "b", dependencies: ["A", yams, "C"], swiftSettings: house),
        .target(name: "C"),
        .testTarget(name: "ATests", dependencies: ["A"]),
      ])
      """)
    #expect(
      manifest.targets == [
        Manifest.Target(name: "A", dependencies: []),
        Manifest.Target(name: "b", dependencies: ["A", "C"]),
        Manifest.Target(name: "C", dependencies: []),
      ])
  }

  @Test func `a file of one line too many is found`() {
    let line = "let a = 1\n"
    #expect(Rules.excessOfLines(in: String(repeating: line, count: 400)) == [])
    #expect(Rules.excessOfLines(in: String(repeating: line, count: 401)).count == 1)
    #expect(Rules.excessOfLines(in: String(repeating: line, count: 400) + "let b = 2").count == 1)
  }
}
