/// What several verifiers say of an output.
public struct VerifierOutcome: Sendable, Hashable {
  /// The first failure; else passed if one has passed; else not applicable.
  public let verification: Verification
  /// The verifier that failed; nil where none did.
  public let failed: String?
  /// Those that passed before, in the order asked.
  public let passed: [String]
}

/// Verifiers, the cheapest asked first; the first failure is the answer.
///
/// Most bad outputs fail a check that costs microseconds, so that few reach a sandbox (FrugalGPT's cascade, arXiv
/// 2305.05176, has the same order for models). Patterns come first, then schemas, citations, arithmetic, whatever
/// else there is, and programs last; equals keep their order.
public struct VerifierList: Sendable {
  private let verifiers: [any OutputVerifier]

  private static let order = ["pattern": 0, "schema": 1, "citation": 2, "arithmetic": 3, "execution": 5]

  /// Puts verifiers in order.
  public init(_ verifiers: [any OutputVerifier]) {
    func cost(_ verifier: any OutputVerifier) -> Int { Self.order[verifier.name] ?? 4 }
    self.verifiers = verifiers.enumerated()
      .sorted { (cost($0.element), $0.offset) < (cost($1.element), $1.offset) }.map(\.element)
  }

  /// The names in the order in which they are asked.
  public var names: [String] { verifiers.map(\.name) }

  /// Asks one after the other until one says no.
  /// - Throws: what keeps a verifier from verifying anything.
  public func verify(_ output: VerifiedOutput) async throws -> VerifierOutcome {
    var passed: [String] = []
    for verifier in verifiers {
      let verification = try await verifier.verify(output)
      switch verification {
      case .passed: passed.append(verifier.name)
      case .failed: return VerifierOutcome(verification: verification, failed: verifier.name, passed: passed)
      case .notApplicable: break
      }
    }
    return VerifierOutcome(
      verification: passed.isEmpty ? .notApplicable : .passed, failed: nil, passed: passed)
  }
}
