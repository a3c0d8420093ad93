import Foundation
import TestSupport

// A process that asks models, for tests that kill it and for Jobs/benchmarks/models.
//
//   ModelLoad ask --address URL --catalog FILE [--records N] [--in-flight N] …
//   ModelLoad batch --address URL --catalog FILE --folder FOLDER [--records N] [--dies N] [--when before|after] …
//   ModelLoad serve [--port N]

let arguments = Arguments(CommandLine.arguments.dropFirst(2))
switch CommandLine.arguments.dropFirst().first {
case "ask": try await Load.run(arguments)
case "batch": try await BatchLoad.run(arguments)
case "serve": try Server.run(arguments)
default:
  print("usage: ModelLoad ask|batch|serve [--name value]…")
  exit(2)
}
