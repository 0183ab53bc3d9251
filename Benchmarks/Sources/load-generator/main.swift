import Foundation

// Speaks a worker's side of the wire protocol for thousands of workers without trainers, and prints what came of it as one
// line of JSON. Benchmarks/coordinator-load.sh says what for.
do {
  let loop = try LoadLoop(try Options(Array(CommandLine.arguments.dropFirst())))
  try loop.run()
  print(loop.result.json)
} catch {
  FileHandle.standardError.write(Data("load-generator: \(error)\n".utf8))
  exit(1)
}
