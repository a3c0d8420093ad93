import Foundation
import TestSupport

// The cascade as a process, for tests that kill it at every write of the catalog.
//
//   CascadeLoad --folder F --address URL [--die-at N] [--answers N] [--room N]
//
// Prints one line of JSON: how it ended, its account, and how many writes it made.

let arguments = Arguments(CommandLine.arguments.dropFirst())
do {
  try await Cascade(arguments).run()
} catch {
  FileHandle.standardError.write(Data("CascadeLoad: \(error)\n".utf8))
  exit(1)
}
