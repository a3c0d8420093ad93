import ArgumentParser

@main
struct FlywheelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "flywheel")
}
