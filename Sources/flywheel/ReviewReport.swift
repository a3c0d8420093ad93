import Catalog
import Foundation
import Records
import Review

/// What people did with a record, as `flywheel why` shows it.
struct ReviewReport {
  struct Answer: Encodable {
    let labeler, time, queue, task, kind: String
    let labels, reasons: [String]
    let isCorrected: Bool
    let note, skipped, guideline, votes, origin: String?
    let wasExposed, counts: Bool
    let activeMilliseconds: Int

    /// Who, when, what, where, by which guideline, and whether a suggestion was seen.
    var line: String {
      var parts: [String] = []
      if kind == ReviewEventKind.skip.rawValue {
        parts.append("\(time) \(labeler) skipped it" + (skipped.map { ": \($0)" } ?? ""))
      } else {
        parts.append("\(time) \(labeler): \(labels.joined(separator: " + "))")
        if !reasons.isEmpty { parts.append("since \(reasons.joined(separator: ", "))") }
      }
      let read = guideline.map { " by guideline \($0.prefix(8))" } ?? ", guideline not known"
      parts.append("in \(queue)\(read)")
      parts.append(wasExposed ? "suggestion seen first" : "no suggestion seen")
      parts.append("\(Terminal.rounded(Double(activeMilliseconds) / 1000)) s")
      if let origin { parts.append("by \(origin)") }
      if !counts { parts.append("taken back or replaced") }
      return parts.joined(separator: ", ")
    }
  }

  struct Place: Encodable {
    let queue, reason: String
    let item: Int64
    let isGold: Bool
    let answered, leased, open, closed: Int

    /// The queue, why it stands there, and what has become of it.
    var line: String {
      let states = [
        (answered, "answered"), (leased, "being answered"), (open, "open"), (closed, "closed"),
      ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
      return "\(queue), item \(item): \(isGold ? "hidden gold" : reason)"
        + (states.isEmpty ? "" : "; \(states.joined(separator: ", "))")
    }
  }

  struct Flag: Encodable {
    let voter, reason: String

    /// The judge and the reason.
    var line: String { "\(voter) cast no vote: \(reason)" }
  }

  let answers: [Answer]
  let queues: [Place]
  let flags: [Flag]
  let leftFor: String?

  init(_ history: ReviewHistory) {
    answers = history.answers.map { event in
      let answer = event.answer.flatMap { try? ReviewAnswer(json: $0) }
      return Answer(
        labeler: event.labeler, time: event.time.description, queue: event.queue, task: event.task,
        kind: event.kind, labels: answer?.labels ?? [], reasons: answer?.reasons ?? [],
        isCorrected: answer?.correction != nil, note: answer?.note, skipped: event.text,
        guideline: event.guideline, votes: event.class, origin: event.origin, wasExposed: event.wasExposed,
        counts: event.counts, activeMilliseconds: event.active)
    }
    queues = history.queues.map {
      Place(
        queue: $0.queue, reason: $0.reason, item: $0.item, isGold: $0.isGold, answered: $0.answers,
        leased: $0.leased, open: $0.open, closed: $0.closed)
    }
    flags = history.flags.map { Flag(voter: $0.voter, reason: $0.reason) }
    leftFor = history.leftFor
  }
}
