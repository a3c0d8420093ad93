import Foundation
import Pull
import Transport

/// The sentences for sources that cannot be read, and their exit codes; part of ``Failure``.
enum SourceFailure {
  static func text(_ error: SecretError) -> String {
    let what = "source '\(error.source)' needs its `\(error.key)`"
    return switch error.code {
    case .noVariable:
      "\(what) in the variable \(error.place), which is not set. Set it in the environment of the run, or name "
        + "another variable or a file in Pipelines/sources/\(error.source).yaml."
    case .noFile: "\(what) in the file \(error.place), which cannot be read."
    case .openFile: "\(what) in a file that nobody else may read; run `chmod 600 \(error.place)`."
    case .emptyFile: "\(what) in the file \(error.place), which is empty."
    case .badSecret: "\(what) in \(error.place), which holds a control character; a key is one line."
    }
  }

  static func text(_ fault: SourceFault) -> (Failure.Code, String) {
    let detail = Terminal.safe(fault.detail)
    let source = "source '\(fault.source)'"
    let kept = "What came before is in the lake."
    return switch fault.code {
    case .notJSON:
      detail.isEmpty || detail.contains("json")
        ? (.failed, "\(source): the answer is broken JSON, as where a proxy cuts it short. \(kept)")
        : (
          .failed,
          "\(source): the answer is no JSON but \(detail). Is the address that of the API, and does nothing (a login "
            + "page, a proxy) stand before it? \(kept)"
        )
    case .badAnswer:
      (
        .failed,
        "\(source): the answer has no \(detail.isEmpty ? "rows" : "'\(detail)'"), which this system's interface "
          + "promises. Is the address right? \(kept)"
      )
    case .cursorLoop:
      (
        .failed,
        "\(source): the server leads in a circle: it gave the same next page of \(detail) twice. \(kept) The next run "
          + "reads the window again."
      )
    case .staleCursor: (.tryAgain, "\(source): the server let a page expire. \(kept) Run it again.")
    case .noProject: (.wrongUse, "\(source): there is no project '\(detail)', or the key may not see it.")
    case .jobFailed:
      (.tryAgain, "\(source): the export on the server ended as '\(detail)'. \(kept) Run it again later.")
    case .tooOld: (.failed, "\(source): the server is too old: \(detail).")
    case .badDefinition:
      (.wrongUse, "\(source): the definition lacks `\(detail)`; `flywheel check` says more.")
    case .badSetting: (.wrongUse, "\(source): the variable \(detail) takes a whole number from 0 to 20.")
    case .database: (.failed, "\(source): the database refuses: \(detail).")
    }
  }

  static func text(_ error: ServiceError) -> (Failure.Code, String) {
    let fault = error.error
    let who = "source '\(error.source)': \(error.title) at \(Terminal.safe(fault.host))"
    let kept = "What came before is in the lake; the next run goes on from there."
    if fault.code == .status, let status = fault.status { return text(status, error, who, kept) }
    let detail = fault.detail.isEmpty ? "" : " (\(Terminal.safe(fault.detail)))"
    return switch fault.code {
    case .badURL: (.wrongUse, "\(who): the address cannot be used\(detail).")
    case .resolve: (.tryAgain, "\(who): the name is not known\(detail). Is `address` right? \(kept)")
    case .connect:
      (.tryAgain, "\(who): no connection\(detail). Is `address` right, and is it running? \(kept)")
    case .timeout: (.tryAgain, "\(who): no answer in time\(detail). \(kept)")
    case .cut:
      (
        .tryAgain,
        "\(who): the connection was cut inside an answer, \(Terminal.counted(fault.attempts, "time")). \(kept)"
      )
    case .tls:
      (
        .failed,
        "\(who): its certificate is not trusted\(detail). Name the file of your own authority under `ca_file`. \(kept)"
      )
    case .bodyTooLarge:
      (
        .failed,
        "\(who): one answer is larger than this program holds\(detail). Set a smaller `page_size`. \(kept)"
      )
    case .tooManyRedirects: (.failed, "\(who): it redirects without end. Is `address` right? \(kept)")
    case .insecureRedirect:
      (
        .failed,
        "\(who): it redirects from https to http, which would show the key. Is `address` right? \(kept)"
      )
    case .status, .protocolFault: (.failed, "\(who): no HTTP that can be understood\(detail). \(kept)")
    case .cancelled: (.tryAgain, "interrupted; run it again to go on.")
    }
  }

  private static func text(
    _ status: Int, _ error: ServiceError, _ who: String, _ kept: String
  ) -> (Failure.Code, String) {
    let places = error.secrets.map { secret in
      switch secret {
      case .variable(let name):
        "the variable \(name)"
          + (ProcessInfo.processInfo.environment[name] ?? "" == "" ? ", which is not set" : "")
      case .file(let path): "the file \(path)"
      }
    }
    let key = places.isEmpty ? "no key was given" : "the key is in " + places.joined(separator: " and ")
    let attempts = Terminal.counted(error.error.attempts, "attempt")
    switch status {
    case 401:
      return (
        .failed,
        "\(who) does not know the key (401); \(key). Put a valid one there; `flywheel sources test \(error.source)` "
          + "tries it."
      )
    case 403 where !error.error.detail.isEmpty:
      // Object stores say with 403, and a code of their own, what others say with 401.
      return (
        .failed,
        "\(who) refuses (403, \(Terminal.safe(error.error.detail))); \(key). Put valid keys there, with the right to "
          + "list and to read."
      )
    case 403:
      return (
        .failed, "\(who) knows the key but lets it not read this (403); \(key). Give it the right to read."
      )
    case 404:
      return (.failed, "\(who) has nothing at this place (404). Are `address` and `project` right? \(kept)")
    case 429:
      let wait = error.error.retryAfter.map { " It asks to wait \(Int($0.rounded(.up))) s." } ?? ""
      return (
        .tryAgain,
        "\(who) still gets too many requests (429) after \(attempts).\(wait) Set a smaller "
          + "`requests_per_minute`, or run it later. \(kept)"
      )
    case 500...:
      return (.tryAgain, "\(who) fails (\(status)) after \(attempts). Run it later. \(kept)")
    default:
      return (.failed, "\(who) refuses the request (\(status)). \(kept)")
    }
  }
}
