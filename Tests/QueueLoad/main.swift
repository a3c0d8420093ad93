import Foundation
import TestSupport

// A labeler as a process, for tests that kill it and for Jobs/benchmarks/labelers.
//
//   QueueLoad make  --folder F [--items N] [--quota N] [--lease SECONDS] [--answered N --labeler NAME]
//   QueueLoad work  --folder F --labeler NAME [--seconds S] [--seed N] [--late SHARE]
//   QueueLoad pace  --folder F --labeler NAME [--count N]
//   QueueLoad check --folder F
//   QueueLoad onto  --catalog FILE --queue NAME [--items N]

let arguments = Arguments(CommandLine.arguments.dropFirst(2))
do {
  switch CommandLine.arguments.dropFirst().first {
  case "make": try LoadQueue(arguments).make()
  case "work":
    var labeler = try LoadLabeler(arguments)
    try labeler.work()
  case "pace":
    var labeler = try LoadLabeler(arguments)
    try labeler.pace()
  case "check": try LoadCheck(arguments).run()
  case "onto": try LoadRecords(arguments).make()
  default:
    print("usage: QueueLoad make|work|pace|check|onto [--name value]…")
    exit(2)
  }
} catch {
  FileHandle.standardError.write(Data("QueueLoad: \(error)\n".utf8))
  exit(1)
}
