import LanguageModels

/// New inputs like some that are shown.
///
/// Self-Instruct (arXiv 2212.10560): a few seeds are shown and more of their kind are asked for; what is too near to a known
/// one is not taken.
struct SelfInstruct: SynthesisOperator {
  let name = SynthesisOperatorName.selfInstruct
}
