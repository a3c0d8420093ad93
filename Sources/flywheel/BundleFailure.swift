import Review

/// Texts of what is wrong with bundles and their answers.
enum BundleFailure {
  /// The exit code and the text of an error.
  static func text(_ error: BundleError) -> (Failure.Code, String) {
    let path = error.path
    return switch error.code {
    case .notABundle:
      (.wrongUse, "\(path) is no bundle; `flywheel queue export QUEUE --labeler NAME --to FILE` writes one.")
    case .notAnswers:
      (.wrongUse, "\(path) holds no answers to a bundle; they stand beside it, in FILE.answers.")
    case .newer: (.failed, "\(path) was written by a newer flywheel; use that one, nothing was changed.")
    case .altered:
      (
        .failed,
        "line \(error.line) of \(path) is not as flywheel wrote it; nothing was taken. Copy the file again from where it "
          + "was answered."
      )
    case .wrongKey:
      (
        .wrongUse,
        "\(path) was sealed with another key; give the one that it was exported with, in FLYWHEEL_BUNDLE_KEY or "
          + "FLYWHEEL_BUNDLE_KEY_FILE, or use the workspace that it left."
      )
    case .unknown:
      (.wrongUse, "no bundle of that id left this workspace; import \(path) where it was exported.")
    case .held:
      (.locked, "another process answers the bundle of \(path). It is let go when that process ends.")
    case .otherBundle:
      (.wrongUse, "\(path) answers another bundle of the same name; move one of the two to another folder.")
    case .nothing:
      (.wrongUse, "the queue '\(path)' has nothing for the labeler now; `flywheel queue show` says more.")
    case .lost:
      (.tryAgain, "an item went to somebody else while \(path) was written; it was removed. Try again.")
    }
  }
}
